"""What deploy/ describes works: the steps of the Dockerfile, and its command."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from conftest import ROOT, SMALL
from serving import serving

DEPLOY = ROOT / "deploy"
INSTALLED = "/opt/navsearch"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What install.sh makes of a wheel, over the small catalog; the libraries are those of this environment, to be quick."""
    folder = tmp_path_factory.mktemp("installed") / "navsearch"
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder.parent, ROOT]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.parent.glob("*.whl")
    libraries = {"PYTHONPATH": sysconfig.get_path("purelib"), "PIP_NO_DEPS": "1", "PIP_IGNORE_INSTALLED": "1"}
    environment = os.environ | libraries | {"NAVSEARCH_CATALOG": str(SMALL)}
    done = subprocess.run([DEPLOY / "install.sh", wheel, folder], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_image_is_made_by_the_script(target: Path) -> None:
    """The Dockerfile runs it, and nothing of its own but to add a user; what it starts is there."""
    steps = re.findall(r"^RUN (.+)$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert steps == [
        f"/source/deploy/install.sh /source {INSTALLED}",
        "useradd --system --uid 10001 --no-create-home navsearch",
    ]
    assert Path(_entry(target)[0]).is_file()
    assert "USER navsearch" in (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


def test_what_was_installed_serves(target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the command of the image, with the page; the health check sees it, and sees when it has gone."""
    monkeypatch.setenv("PYTHONPATH", sysconfig.get_path("purelib"))
    monkeypatch.setenv("NAVSEARCH_CATALOG", str(SMALL))
    command, check = _entry(target), DEPLOY / "healthcheck.sh"
    with serving(None, None, tmp_path / "log", command=command) as service:
        assert service.get("/ask?q=liver+lesion")[2]["match"] != "none"
        assert "<html" in service.get("/")[2]
        assert subprocess.run([check, str(service.port)], check=False).returncode == 0
    assert subprocess.run([check, str(service.port)], check=False, capture_output=True).returncode != 0


def test_the_unit_starts_what_the_image_starts() -> None:
    """The same command, but for the address and the number of workers."""
    unit = (DEPLOY / "navsearch.service").read_text(encoding="utf-8")
    started = re.findall(r"^ExecStart=(.+)$", unit, re.MULTILINE)
    assert started == [" ".join(_entry(Path(INSTALLED))[:5]) + " --workers 2"]


def _entry(target: Path) -> list[str]:
    """The image's command, with `target` in place of where it is installed there."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    (entry,) = re.findall(r"^ENTRYPOINT (.+)$", text, re.MULTILINE)
    return [part.replace(INSTALLED, str(target)) for part in json.loads(entry)]
