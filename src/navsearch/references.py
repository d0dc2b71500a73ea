"""Find references of a catalog's items that lead nowhere: ids, names of metrics, inputs, import paths, terms of advice."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from navsearch.reading import Document, Place
from navsearch.vocabulary import Vocabulary

Located = tuple[Document, int, Any]


class Items:
    """The items of documents with the place of each, gone through as often as needed and never kept: all but `faulty` ones
    (name of the document, number), or mappings alone."""

    def __init__(
        self, documents: Iterable[Document], faulty: Collection[tuple[str, int]] = (), *, mappings_only: bool = False
    ) -> None:
        self._documents, self._faulty, self._mappings_only = tuple(documents), faulty, mappings_only

    def __iter__(self) -> Iterator[Located]:
        for document in self._documents:
            for number, item in enumerate(document.items):
                if (document.name, number) not in self._faulty and (isinstance(item, dict) or not self._mappings_only):
                    yield document, number, item

    @property
    def values(self) -> Iterable[Any]:
        """The items alone."""
        return _Values(self)


class _Values:
    """See Items.values."""

    def __init__(self, items: Items) -> None:
        self._items = items

    def __iter__(self) -> Iterator[Any]:
        return (item for _, _, item in self._items)


class _Reference(NamedTuple):
    """A value at `place` of an item that must be one of a kind of things, named as in `_EXPECTED`."""

    place: Place
    value: Any
    to: str


_EXPECTED = {
    "id": "the id of a record",
    "metric": "one that a record says it is written_as",
    "inputs": "a table of inputs/",
    "path": "a public name listed in packages/ (scripts/list_packages.py lists those of new modules)",
}


def dangling(items: Mapping[str, Items], vocabulary: Vocabulary) -> Iterator[str]:
    """A complaint for each reference that leads nowhere. `items` are those of a catalog by what schema.json calls them; what is
    no text the schema complains of."""
    known = {to: sorted(set(values)) for to, values in _known(items).items()}
    for kind, references in _REFERENCES.items():
        for document, number, item in items[kind]:
            for reference in references(item):
                yield from _missing(document, number, reference, known[reference.to])
    yield from _unknown_terms(items, vocabulary)


def _known(items: Mapping[str, Items]) -> dict[str, list[str]]:
    """All that can be referred to; what a catalog has none of is not asked for."""
    resources = items["resource"].values
    packages = items["package"].values
    return {
        "id": [str(r.get("id")) for r in resources],
        "metric": [str(name) for r in resources for name in listed(r, "written_as")],
        "inputs": [str(item.get("inputs")) for item in items["inputs"].values],
        "path": [f"{m}.{n}" for p in packages for m, names in _mapping(p, "modules").items() for n in names or ()],
    }


def _of_resource(item: Mapping[str, Any]) -> Iterator[_Reference]:
    for i, relation in enumerate(listed(item, "relations")):
        if isinstance(relation, dict) and "id" in relation:
            yield _Reference(("relations", i, "id"), relation["id"], "id")
    for field in ("combines", "used_by"):
        yield from (_Reference((field, i), target, "id") for i, target in enumerate(listed(item, field)))
    for i, one in enumerate(listed(item, "implementations")):
        if isinstance(one, dict) and "path" in one:
            yield _Reference(("implementations", i, "path"), one["path"], "path")
    if "inputs" in (snippet := _mapping(item, "snippet")):
        yield _Reference(("snippet", "inputs"), snippet["inputs"], "inputs")


def _of_results(item: Mapping[str, Any]) -> Iterator[_Reference]:
    if "about" in item:
        yield _Reference(("about",), item["about"], "id")
    yield _Reference(("metric",), item.get("metric"), "metric")
    for i, row in enumerate(listed(item, "rows")):
        if isinstance(row, dict):
            yield _Reference(("rows", i, "resource"), row.get("resource"), "id")


def _of_relation(item: Mapping[str, Any]) -> Iterator[_Reference]:
    yield _Reference(("resource",), item.get("resource"), "id")


_REFERENCES = {"resource": _of_resource, "result_table": _of_results, "relation": _of_relation}


def _missing(document: Document, number: int, reference: _Reference, known: Sequence[str]) -> Iterator[str]:
    """A complaint unless the reference is to one of `known`, which are sorted. Without any but ids there is nothing to hold
    it to."""
    place, value, to = reference
    if not isinstance(value, str) or (to != "id" and not known):
        return
    if known[(at := bisect_left(known, value)) : at + 1] != [value]:
        yield f"{document.where(number, place)}: found a reference to {value!r}, expected {guess(value, known, _EXPECTED[to])}"


def _unknown_terms(items: Mapping[str, Items], vocabulary: Vocabulary) -> Iterator[str]:
    """Complaints about advice and facts that rest on facets and terms the vocabulary lacks."""
    for document, number, item in items["advice"]:
        for facet, terms in _mapping(item, "when").items():
            for i, term in enumerate(terms if isinstance(terms, list) else ()):
                yield from _no_term(document.where(number, ("when", facet, i)), facet, term, vocabulary)
    for document, number, item in items["resource"]:
        for i, fact in enumerate(listed(item, "trait_facts")):
            if isinstance(fact, dict):
                where = document.where(number, ("trait_facts", i, "trait"))
                yield from _no_term(where, "trait", fact.get("trait"), vocabulary)


def _no_term(where: str, facet: str, term: Any, vocabulary: Vocabulary) -> Iterator[str]:
    known = vocabulary.facets.get(facet)
    if known is None:
        facets = list(vocabulary.facets)
        yield f"{where}: found unknown facet {facet!r}, expected {guess(facet, facets, 'a facet')}"
    elif isinstance(term, str) and term not in known.terms:
        expected = guess(term, list(known.terms), f"a {known.label} of the vocabulary")
        yield f"{where}: found unknown {known.label} {term!r}, expected {expected}"


def listed(item: Mapping[str, Any], field: str) -> list[Any]:
    """The list in `field`; none where the schema already complains of something else."""
    value = item.get(field)
    return value if isinstance(value, list) else []


def _mapping(item: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    value = item.get(field)
    return value if isinstance(value, dict) else {}


def guess(found: str, known: Sequence[str], otherwise: str) -> str:
    """What was expected, with the nearest of `known` if one is near."""
    from rapidfuzz import fuzz, process

    best = process.extractOne(found, known, scorer=fuzz.ratio, processor=str.casefold, score_cutoff=65)
    return f"{otherwise} (did you mean {best[0]!r}?)" if best else otherwise
