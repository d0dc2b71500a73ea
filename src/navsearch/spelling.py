"""Slips of the pen: unknown words of a question, put right by the words of the vocabulary and of the resources' names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from navsearch.meanings import Usage, support
from navsearch.vocabulary import Vocabulary
from navsearch.words import CHATTY_STEMS, STOP_WORDS, Word, stem, words

# Shorter words are not corrected; longer ones may hold two slips.
_LEAST, _LONG = 5, 10
# Least support for correcting a common word, for each word around it: log2 of how much more company than by chance.
_SPOKEN_FOR = 0.5


def correct(text: str, vocabulary: Vocabulary, usage: Usage) -> tuple[str, tuple[tuple[str, str], ...]]:
    """`text` with unknown words replaced by a known one that is a slip or two away, and the pairs (found, read as)."""
    found = words(text)
    context = [w.stem for w in found if w.stem in usage.frequency and w.stem not in CHATTY_STEMS]
    pairs = [(w.raw, better) for w in found if (better := _meant(w, context, vocabulary, usage))]
    for wrong, better in pairs:
        text = re.sub(rf"\b{re.escape(wrong)}\b", better, text)
    return text, tuple(dict.fromkeys(pairs))


def _meant(word: Word, context: Sequence[str], vocabulary: Vocabulary, usage: Usage) -> str | None:
    """The word meant by an unknown one: the nearest, of equally near ones the one that keeps most company with `context`,
    then the most frequent. A common word of the language is a slip only if the context speaks for it."""
    if not _unknown(word, vocabulary, usage):
        return None
    near = _near(word, _by_letter(vocabulary.known_words, usage.name_words).get(word.folded[0], ()))
    ranked = ((slips, -support(stem(w), context, usage), -usage.frequency.get(stem(w), 0), w) for w, slips in near)
    best = min(ranked, default=None)
    common = {word.folded, word.stem} & usage.lexicon
    if best is None or (common and -best[1] < _SPOKEN_FOR * max(1, len(context))):
        return None
    return best[-1]


def _unknown(word: Word, vocabulary: Vocabulary, usage: Usage) -> bool:
    """Whether the word is long and plain enough to be corrected and occurs nowhere."""
    plain = len(word.folded) >= _LEAST and word.folded.isalpha() and word.folded.isascii()
    return (
        plain and word.folded not in STOP_WORDS and word.stem not in usage.frequency and word.stem not in vocabulary.known_stems
    )


@lru_cache(maxsize=8)
def _by_letter(terms: frozenset[str], names: frozenset[str]) -> dict[str, list[str]]:
    """All words that a slip may have been made of, by their first letter."""
    words_by: dict[str, list[str]] = {}
    for word in terms | names:
        if word not in STOP_WORDS:
            words_by.setdefault(word[0], []).append(word)
    return words_by


def _near(word: Word, known: Iterable[str]) -> list[tuple[str, int]]:
    """The known words that are few slips away, with how many."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    slips = 1 if len(word.folded) < _LONG else 2
    alike = [w for w in known if abs(len(w) - len(word.folded)) <= slips]
    near = process.extract(word.folded, alike, scorer=OSA.distance, score_cutoff=slips, limit=None)
    return [(str(w), int(d)) for w, d, _ in near]
