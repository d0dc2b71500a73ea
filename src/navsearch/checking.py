"""Find every problem of a catalog's documents: against the JSON Schema, the vocabulary, and each other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from navsearch.errors import UsageError
from navsearch.reading import Document, Place
from navsearch.references import Items, Located, dangling, guess, listed
from navsearch.vocabulary import Vocabulary

_WITH_TERMS = ("result_table", "relation")  # what names terms of facets besides resources
_SHOWN = 60  # characters of a faulty value
_TYPES = {"string": "text", "integer": "a whole number", "array": "a list", "object": "a mapping", "boolean": "true or false"}


class Checker:
    """Holds what a catalog is checked against: schema and vocabulary."""

    def __init__(self, schema: Mapping[str, Any], vocabulary: Vocabulary) -> None:
        self._schema = schema
        self._vocabulary = vocabulary

    def check(self, documents: Mapping[str, list[Document]]) -> tuple[dict[str, Iterable[Any]], tuple[str, ...]]:
        """The items of `documents` that satisfy the schema, by what schema.json calls them; and a line for each problem,
        by file and line."""
        found = [c for docs in documents.values() for d in docs for c in d.complaints]
        sound = {kind: self._against_schema(kind, docs, found) for kind, docs in documents.items()}
        found += self._vocabulary_problems(sound["vocabulary"])
        located = {kind: Items(docs, mappings_only=True) for kind, docs in documents.items()}
        found += self._resource_problems(located["resource"])
        for document, number, item in (table for kind in _WITH_TERMS for table in located[kind]):
            found += self._unknown_terms(document, number, item)
        found += dangling(located, self._vocabulary)
        return {kind: those.values for kind, those in sound.items()}, tuple(sorted(dict.fromkeys(found), key=_by_place))

    # the schema

    def _against_schema(self, kind: str, documents: list[Document], found: list[str]) -> Items:
        """The items that satisfy the schema, which alone can be looked at further; complaints about others go to `found`."""
        satisfies, faulty = self._judge(kind), set[tuple[str, int]]()
        for document, number, item in Items(documents):
            if satisfies(item):
                continue
            for error in self._reasons[kind](item):
                faulty.add((document.name, number))
                found += self._complaint(document, number, error)
        return Items(documents, faulty)

    def _judge(self, kind: str) -> Callable[[Any], bool]:
        """What tells quickly whether an item satisfies the schema; of what it does not, `_reasons` says why."""
        from jsonschema_rs import Draft202012Validator

        try:
            validator = Draft202012Validator({**self._schema, "$ref": f"#/$defs/{kind}"})
        except ValueError as error:
            said = str(error).splitlines()[0]
            raise UsageError(f"schema.json: found no valid JSON Schema ({said}), expected one that describes {kind}") from None

        def satisfies(item: Any) -> bool:
            try:
                return bool(validator.is_valid(item))
            except ValueError:  # nested too deeply, or no JSON: numbers and texts that it cannot hold
                return False

        return satisfies

    @cached_property
    def _reasons(self) -> Mapping[str, Callable[[Any], Iterable[Any]]]:
        """What lists all that is wrong with an item, by what schema.json calls it."""
        from jsonschema import Draft202012Validator

        kinds = self._schema["$defs"]
        return {kind: Draft202012Validator({**self._schema, "$ref": f"#/$defs/{kind}"}).iter_errors for kind in kinds}

    def _complaint(self, document: Document, number: int, error: Any) -> Iterator[str]:
        path = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            known = list(error.schema.get("properties", {}))
            for name in sorted(set(error.instance) - set(known)):
                expected = guess(name, known, "a field of the schema")
                yield f"{document.where(number, (*path, name))}: found unknown field {name!r}, expected {expected}"
        elif error.validator == "required":
            missing = next(f for f in error.validator_value if f not in error.instance)
            yield f"{document.where(number, path)}: found no field {missing!r}, expected one"
        else:
            where = f"{document.where(number, path)}: {_dotted(path)}"
            yield f"{where}found {_short(error.instance)}, expected {_expected(error)}"

    # the vocabulary

    def _vocabulary_problems(self, tables: Iterable[Located]) -> Iterator[str]:
        for document, number, table in tables:
            yield from self._term_problems(document, number, table["terms"])
            yield from self._limit_problems(document, number, table.get("limit", ()))
        kinds = self._vocabulary.facets.get("kind")
        if kinds is None or not any(t.more.get("default") for t in kinds.terms.values()):
            where = next((document.where(number) for document, number, _ in tables), "vocabulary:1")
            yield f"{where}: found no facet 'kind' with a default term, expected one"

    def _limit_problems(self, document: Document, number: int, limited: Iterable[str]) -> Iterator[str]:
        kinds = self._vocabulary.facets.get("kind")
        for i, kind in enumerate(limited):
            if kinds is None or kind not in kinds.terms:
                expected = guess(kind, list(kinds.terms) if kinds else [], "a kind of the vocabulary")
                yield f"{document.where(number, ('limit', i))}: found kind {kind!r}, expected {expected}"

    def _term_problems(self, document: Document, number: int, terms: Mapping[str, Any]) -> Iterator[str]:
        owners: dict[str, str] = {str(name).casefold(): str(name) for name in terms}
        for name, term in terms.items():
            for link in ("broader", "trained_as"):
                if link in term and term[link] not in terms:
                    where = document.where(number, ("terms", name, link))
                    expected = guess(str(term[link]), list(terms), "a term of this facet")
                    yield f"{where}: found {link} term {term[link]!r}, expected {expected}"
            for field in ("synonyms", "weak", "zh"):
                yield from _shared(document, number, (name, field), term.get(field) or (), owners)

    # the resources

    def _resource_problems(self, resources: Items) -> Iterator[str]:
        yield from _repeated_ids(resources)
        for document, number, item in resources:
            yield from self._unknown_terms(document, number, item)
        yield from _shared_aliases(resources)

    def _unknown_terms(self, document: Document, number: int, item: Mapping[str, Any]) -> Iterator[str]:
        for facet, table in self._vocabulary.facets.items():
            value = item.get(facet)
            for i, term in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(term, str) and term not in table.terms:
                    path: Place = (facet, i) if isinstance(value, list) else (facet,)
                    near = guess(term, list(table.terms), f"a {table.label} of the vocabulary")
                    yield f"{document.where(number, path)}: found unknown {table.label} {term!r}, expected {near}"


def _repeated_ids(resources: Items) -> Iterator[str]:
    counts = Counter(str(item.get("id")) for _, _, item in resources)
    first: dict[str, str] = {}
    for document, number, item in resources if counts.total() > len(counts) else ():
        identifier, where = str(item.get("id")), document.where(number, ("id",))
        if counts[identifier] > 1 and first.setdefault(identifier, where) != where:
            yield f"{where}: found id {item.get('id')!r} again, expected it only at {first[identifier]}"


def _shared_aliases(resources: Items) -> Iterator[str]:
    """Names of one kind may repeat (a loss stands under several tasks); an alias must point to one record."""
    aliases = {_named(item, alias) for _, _, item in resources for alias in listed(item, "aliases")}
    owners: dict[tuple[str, str], str] = {}
    for _, _, item in resources:
        if (own := _named(item, item.get("name"))) in aliases:
            owners.setdefault(own, str(item.get("id")))
    for document, number, item in resources:
        for i, alias in enumerate(listed(item, "aliases")):
            owner = owners.setdefault(_named(item, alias), str(item.get("id")))
            if owner != item.get("id") or str(alias) == item.get("name"):
                where = document.where(number, ("aliases", i))
                yield f"{where}: found alias {alias!r}, expected one that {owner!r} does not have"


def _named(item: Mapping[str, Any], name: Any) -> tuple[str, str]:
    """What tells a name from those of other records of its kind."""
    return str(item.get("kind")), str(name).casefold()


def _shared(
    document: Document, number: int, place: tuple[str, str], values: Iterable[Any], owners: dict[str, str]
) -> Iterator[str]:
    name, field = place
    for i, value in enumerate(values):
        owner = owners.setdefault(str(value).casefold(), name)
        if owner != name:
            where = document.where(number, ("terms", name, field, i))
            yield f"{where}: found {value!r} under {name!r}, expected a word that {owner!r} does not have"


def _expected(error: Any) -> str:
    """What the schema says of itself, else its keyword in words."""
    if "description" in error.schema:
        return str(error.schema["description"])
    if error.validator == "type":
        return _TYPES.get(error.validator_value, str(error.validator_value))
    if error.validator == "enum":
        return guess(
            str(error.instance), [str(v) for v in error.validator_value], "one of " + ", ".join(map(str, error.validator_value))
        )
    return f"{error.validator} {error.validator_value}"


def _dotted(path: Place) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".") + ": " if path else ""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _by_place(line: str) -> tuple[str, int, str]:
    match = re.match(r"(.*?):(\d+):", line)
    return (match[1], int(match[2]), line) if match else (line, 0, line)
