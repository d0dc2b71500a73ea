"""Query and understand(): what a question asks for, as tags, kinds, limits and exclusions that a user can see."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from navsearch.ignoring import cut, is_among, names
from navsearch.limits import Limit
from navsearch.meanings import NO_USAGE, Ambiguity, Usage, resolve
from navsearch.spelling import correct
from navsearch.stating import stated as stated_limits
from navsearch.terms import WEAK
from navsearch.vocabulary import Tag, Vocabulary
from navsearch.words import CHATTY_STEMS, STOP_WORDS, Word, has_han, negated, stem, words

# Words that ask for what the noun phrase after them names, wherever they stand.
_ASKING = frozenset("which what need want suggest recommend".split())
# Words that a question may open with before its first noun phrase, and words that hold a bare noun phrase together.
_OPENERS = frozenset("a an any one the some is are there what which good best suitable need want i we looking for".split())
_BINDERS = frozenset({"of", "for", "in", "on", "with", "from", "and", "or", "by", "at", "to", "more", "most", "only", "than"})
# Words that end the name of what is ruled out: nothing MR-based.
_CLOSING = STOP_WORDS | {"based"}
# What data can lack without being ruled out: MRI without labels is MRI.
_LACKING = frozenset(map(stem, "label labelling annotation mask contour supervision expertise experience".split()))


@dataclass(frozen=True, slots=True)
class Query:
    """A question understood.

    `plain_text` is the text with misspelt words corrected, Chinese terms in English and limits taken out, in which names are
    looked for; `search_text` is its content words alone, which vector and word search see. `tags` are
    wanted, `excluded` ruled out; `leftover` are the stems of content words that no tag explains; `kinds` are the kinds of
    resource asked for, empty if none is named; `hinted` those that an everyday word could mean; `ignored` names what it says
    besides, which was asked not to be read (see ignoring.names).
    """

    text: str
    plain_text: str
    search_text: str
    tags: tuple[Tag, ...]
    leftover: tuple[str, ...]
    excluded: tuple[Tag, ...]
    kinds: tuple[str, ...]
    hinted: tuple[str, ...]
    limits: tuple[Limit, ...]
    corrected: tuple[tuple[str, str], ...]
    ambiguous: tuple[Ambiguity, ...] = ()
    ignored: tuple[str, ...] = ()

    def terms(self, facet: str) -> tuple[str, ...]:
        """The wanted terms of `facet`, in the order of the question."""
        return tuple(dict.fromkeys(t.term for t in self.tags if t.facet == facet))

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values: the text, wanted terms by facet, kinds, limits, exclusions, corrections, and what was ignored, if
        anything was."""
        facets = dict.fromkeys(t.facet for t in self.tags)
        return {
            "text": self.text,
            **{f: list(self.terms(f)) for f in facets},
            "kind": list(self.kinds),
            "limits": [str(limit) for limit in self.limits],
            "excluded": [f"{t.facet}:{t.term}" for t in self.excluded],
            "corrected": [{"found": a, "read_as": b} for a, b in self.corrected],
            "ambiguous": [a.as_dict() for a in self.ambiguous],
            **({"ignored": list(self.ignored)} if self.ignored else {}),
        }


def understand(text: str, vocabulary: Vocabulary, usage: Usage = NO_USAGE, ignore: Collection[str] = ()) -> Query:
    """What `text` asks for, in the terms of `vocabulary`. Never raises; the same text gives the same Query.

    `usage` tells how the catalog uses words and terms: words that occur in it are never corrected, of two equally near words
    the more frequent is taken, and a word of several meanings is read as the one that the rest of the question speaks for.
    What is named in `ignore` (see ignoring.names) is read as if the text did not say it.
    """
    clean = re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]+", " ", text)
    corrected_text, corrected = correct(clean, vocabulary, usage)
    stated = list(stated_limits(corrected_text, vocabulary))
    rest = _without(corrected_text, (phrase for _, phrase in stated))
    found, tags, ambiguous = _read(rest, vocabulary, usage)
    said: list[Tag | Limit] = [*tags, *(limit for limit, _ in stated)]
    ignored = {name for item in said for name in names(item)}.intersection(ignore)
    if ignored:
        rest = cut(rest, found, tags, ignored)
        found, tags, ambiguous = _read(rest, vocabulary, usage)
    wanted, excluded = _split_excluded([t for t in tags if not is_among(t, ignored)], found, vocabulary)
    plain = _plain(rest, wanted)
    return Query(
        text=text,
        plain_text=plain,
        search_text=_core(plain),
        tags=_searched(wanted, vocabulary),
        leftover=_leftover(tags, found),
        excluded=tuple(excluded),
        kinds=_kinds(wanted, found),
        hinted=tuple(dict.fromkeys(t.term for t in wanted if t.facet == "kind")),
        limits=(
            *(limit for limit, _ in stated if not is_among(limit, ignored)),
            *_conditions((t for t in wanted if _stands_alone(t, found, rest)), vocabulary),
            *(Limit(t.facet, "!=", t.term, t.matched) for t in _once(excluded)),
        ),
        corrected=corrected,
        ambiguous=ambiguous,
        ignored=tuple(name for name in ignore if name in ignored),
    )


def _read(text: str, vocabulary: Vocabulary, usage: Usage) -> tuple[list[Word], list[Tag], tuple[Ambiguity, ...]]:
    """The words of `text`, and the terms that they name, with what they could mean besides."""
    found = words(text)
    tags, ambiguous = resolve(_outermost(vocabulary.tags(text), vocabulary), found, usage)
    return found, list(tags), tuple(ambiguous)


def _conditions(tags: Iterable[Tag], vocabulary: Vocabulary) -> Iterable[Limit]:
    """A limit for each facet of which a term is named in full that its vocabulary makes a condition; one of several will do."""
    named: dict[str, list[Tag]] = {}
    for tag in _once(t for t in tags if t.strength > WEAK and not t.ambiguous and vocabulary.facets[t.facet].limits(t.term)):
        named.setdefault(tag.facet, []).append(tag)
    for facet, of in named.items():
        kinds = frozenset.union(*(vocabulary.facets[facet].limits(t.term) for t in of))
        yield Limit(facet, "=", tuple(t.term for t in of), " or ".join(t.matched for t in of), kinds=kinds)


def _stands_alone(tag: Tag, found: Sequence[Word], text: str) -> bool:
    """Whether the words of `tag`, among those `found` in `text`, say no more than it: "in Chinese hospitals" is not in Chinese,
    nor is Chinese that a negation stands beside."""
    if tag.start < 0:
        return not _HAN_NEGATION.search(text.replace(tag.matched, ""))
    after = found[tag.end : tag.end + 1]
    return not (after and tag.matched.lower().startswith("in ") and after[0].folded not in STOP_WORDS)


_HAN_NEGATION = re.compile("[不非除无没]")


def _once(tags: Iterable[Tag]) -> Iterable[Tag]:
    """The first tag of each term."""
    first: dict[tuple[str, str], Tag] = {}
    for tag in tags:
        first.setdefault((tag.facet, tag.term), tag)
    return first.values()


def _searched(tags: Iterable[Tag], vocabulary: Vocabulary) -> tuple[Tag, ...]:
    """The tags of searched facets, each term once, as the words that name it most surely."""
    best: dict[tuple[str, str], Tag] = {}
    for tag in tags:
        known = best.setdefault((tag.facet, tag.term), tag)
        if tag.strength > known.strength:
            best[tag.facet, tag.term] = tag
    return tuple(t for t in best.values() if vocabulary.facets[t.facet].searched)


def _kinds(tags: Iterable[Tag], found: list[Word]) -> tuple[str, ...]:
    """The kinds named. An everyday word (images, networks) names one only if nothing else does and it is the head of a noun
    phrase that the question asks with; else right behind a word that asks, as a verb may follow ("which criterion accepts")."""
    named = [t for t in tags if t.facet == "kind"]
    strong = [t.term for t in named if t.strength > WEAK]
    heads, after = _heads(found), {_phrase_start(found, place) + 1 for place in _asking(found)}
    weak = [t.term for t in named if t.end in heads] or [t.term for t in named if t.end in after]
    return tuple(dict.fromkeys(strong or weak))


def _heads(found: list[Word]) -> set[int]:
    """Behind which words of a question its head may stand: at the end of the first noun phrase ("small network for liver CT")
    and of those after a word that asks, where a plural is a head wherever it stands; the same in a bare phrase that is all
    there is ("3D networks")."""
    asked = _asking(found)
    bare = all(w.folded in _BINDERS or w.folded not in STOP_WORDS for w in found)
    plural = {place + 1 for place, w in enumerate(found) if w.folded.endswith("s") and w.stem != w.folded}
    many = plural if bare else {p for start in asked for p in plural if start < p <= _phrase_end(found, start)}
    return {_phrase_end(found, place) for place in (0, *asked)} | many | ({len(found)} if bare else set())


def _asking(found: list[Word]) -> list[int]:
    """The places behind words that ask for something."""
    return [place + 1 for place, w in enumerate(found) if w.folded in _ASKING]


def _phrase_start(found: list[Word], place: int) -> int:
    """Where the noun phrase begins that words like "we need a" at `place` open."""
    return next((p for p in range(place, len(found)) if found[p].folded not in _OPENERS), len(found))


def _phrase_end(found: list[Word], place: int) -> int:
    """Behind which word the noun phrase ends that is opened at `place`."""
    start = _phrase_start(found, place)
    return next((p for p in range(start, len(found)) if found[p].folded in STOP_WORDS), len(found))


def _leftover(tags: Iterable[Tag], found: list[Word]) -> tuple[str, ...]:
    explained = {place for t in tags for place in range(t.start, t.end)}
    left = (w for place, w in enumerate(found) if place not in explained and not has_han(w.raw))
    return tuple(dict.fromkeys(w.stem for w in left if w.folded not in STOP_WORDS and w.stem not in CHATTY_STEMS))


def _outermost(tags: list[Tag], vocabulary: Vocabulary) -> list[Tag]:
    """`tags` without everyday words that are part of a longer term ("small" in "non-small cell lung cancer"), or that could be
    a condition but name something else in full (image registration needs none)."""
    return [t for t in tags if t.strength > WEAK or not any(o.contains(t) or _said_by(t, o, vocabulary) for o in tags)]


def _said_by(hint: Tag, sure: Tag, vocabulary: Vocabulary) -> bool:
    """Whether the very words of `hint`, a term that can be a condition, name a term of another facet in full."""
    alike = sure.strength > WEAK and sure.facet != hint.facet and (sure.start, sure.end) == (hint.start, hint.end)
    return alike and bool(vocabulary.facets[hint.facet].limits(hint.term))


def _split_excluded(tags: Sequence[Tag], found: list[Word], vocabulary: Vocabulary) -> tuple[list[Tag], list[Tag]]:
    """The tags wanted and those ruled out; neither is an everyday word that is ruled out, nor a part of a term that is
    (no chest X-ray: the chest is not meant) or that rules it out itself (without registration)."""
    wanted: list[Tag] = []
    excluded: list[Tag] = []
    for tag in tags:
        ruled_out = tag.start >= 0 and (negated(found, tag.start, tag.end) or _continues(tag, excluded, found))
        if ruled_out and any(o.start < tag.start and o.contains(tag) for o in tags if o.strength > WEAK):
            continue
        if not ruled_out or (tag.strength > WEAK and _qualifies(tag, tags, found)):
            wanted.append(tag)
        elif tag.strength > WEAK and vocabulary.facets[tag.facet].searched:
            excluded.append(tag)
    both = {(t.facet, t.term) for t in wanted if t.strength > WEAK}  # polyp or no polyp
    outermost = (t for t in excluded if not any(o.contains(t) for o in excluded))
    return wanted, [t for t in outermost if (t.facet, t.term) not in both]


def _qualifies(tag: Tag, tags: Sequence[Tag], found: list[Word]) -> bool:
    """True if `tag` only says of which kind the thing ruled out is: without MRI labels, no liver damage."""
    if tag.end >= len(found) or found[tag.end].folded in _CLOSING or negated(found[tag.start :], 0, tag.end - tag.start):
        return False
    named = any(t.start <= tag.end < t.end for t in tags if t.strength > WEAK or t.facet == "kind")
    return found[tag.end].stem in _LACKING or not named


def _continues(tag: Tag, excluded: list[Tag], found: list[Word]) -> bool:
    """True if `tag` is joined to an excluded one of its facet: excluding CT and MRI."""
    before = next((t for t in excluded if t.facet == tag.facet and t.end <= tag.start), None)
    last = excluded[-1] if before and excluded[-1].facet == tag.facet else before
    between = {w.folded for w in found[last.end : tag.start]} if last else {"none"}
    return last is not None and between <= {"and", "or", "nor"}


def _without(text: str, said: Iterable[str]) -> str:
    for phrase in said:
        if phrase:
            text = text.replace(phrase, " ")
    return text


def _plain(text: str, tags: Iterable[Tag]) -> str:
    """`text` with Chinese put into the vocabulary's English terms, as the engines read English."""
    if not has_han(text):
        return text
    english = dict.fromkeys(t.term for t in tags if t.start < 0)
    latin = " ".join(w.raw for w in words(text) if not has_han(w.raw))
    return f"{latin} {' '.join(english)}".strip() or text


def _core(text: str) -> str:
    """The content words of `text`, sorted: how a question is dressed and ordered should not change its answer."""
    content = (w.raw for w in words(text) if w.folded not in STOP_WORDS and w.stem not in CHATTY_STEMS)
    return " ".join(sorted(content, key=str.lower)) or text
