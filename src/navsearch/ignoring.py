"""A question read as if it did not say some of what it says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from navsearch.limits import Limit
from navsearch.vocabulary import Tag
from navsearch.words import Word


def names(item: Tag | Limit) -> tuple[str, ...]:
    """How a term or limit may be named to be ignored: modality:CT, or as limits are shown (modality != CT, year >= 2018)."""
    if isinstance(item, Limit):
        return (str(item),)
    return (f"{item.facet}:{item.term}", f"{item.facet} = {item.term}", f"{item.facet} != {item.term}")


def is_among(item: Tag | Limit, ignored: Collection[str]) -> bool:
    """Whether `item` is one of those named in `ignored`."""
    return any(name in ignored for name in names(item))


def cut(text: str, found: Sequence[Word], tags: Iterable[Tag], ignored: Collection[str]) -> str:
    """`text`, of which `found` are the words, without those that name `ignored` terms and no other of `tags`."""
    places: dict[bool, set[int]] = {True: set(), False: set()}
    for tag in tags:
        out = is_among(tag, ignored)
        places[out].update(range(tag.start, tag.end))
        if out and tag.start < 0:  # in Chinese, where words are not told apart
            text = text.replace(tag.matched, " " * len(tag.matched))
    for word in (found[place] for place in places[True] - places[False]):
        text = text[: word.start] + " " * (word.end - word.start) + text[word.end :]
    return text
