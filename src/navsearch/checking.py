"""Find every problem of a catalog's documents: against the JSON Schema, the vocabulary, and each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from navsearch.reading import Document, Place
from navsearch.vocabulary import Vocabulary

Located = tuple[Document, int, Mapping[str, Any]]
_SHOWN = 60  # characters of a faulty value
_TYPES = {"string": "text", "integer": "a whole number", "array": "a list", "object": "a mapping", "boolean": "true or false"}


class Checker:
    """Holds schema and vocabulary, and the complaints found so far."""

    def __init__(self, schema: Mapping[str, Any], vocabulary: Vocabulary) -> None:
        self._schema = schema
        self._vocabulary = vocabulary

    def problems(self, documents: Mapping[str, list[Document]]) -> tuple[str, ...]:
        """A line for each problem in `documents` (by what schema.json calls their items), by file and line."""
        found = [c for docs in documents.values() for d in docs for c in d.complaints]
        for kind, docs in documents.items():
            found += self._against_schema(kind, docs)
        found += self._vocabulary_problems(documents["vocabulary"])
        resources = list(_located(documents["resource"]))
        found += self._resource_problems(resources)
        ids = {str(item.get("id")) for _, _, item in resources}
        found += self._table_problems(documents["result_table"], ids)
        found += self._table_problems(documents["relation"], ids)
        return tuple(sorted(dict.fromkeys(found), key=_by_place))

    # the schema

    def _against_schema(self, kind: str, documents: list[Document]) -> Iterator[str]:
        from jsonschema import Draft202012Validator

        schema = {**self._schema, "$ref": f"#/$defs/{kind}"}
        validator = Draft202012Validator(schema)
        for document, number, item in _located(documents, any_type=True):
            for error in validator.iter_errors(item):
                yield from self._complaint(document, number, error)

    def _complaint(self, document: Document, number: int, error: Any) -> Iterator[str]:
        path = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            known = list(error.schema.get("properties", {}))
            for name in sorted(set(error.instance) - set(known)):
                expected = _guess(name, known, "a field of the schema")
                yield f"{document.where(number, (*path, name))}: found unknown field {name!r}, expected {expected}"
        elif error.validator == "required":
            missing = next(f for f in error.validator_value if f not in error.instance)
            yield f"{document.where(number, path)}: found no field {missing!r}, expected one"
        else:
            where = f"{document.where(number, path)}: {_dotted(path)}"
            yield f"{where}found {_short(error.instance)}, expected {_expected(error)}"

    # the vocabulary

    def _vocabulary_problems(self, documents: list[Document]) -> Iterator[str]:
        for document, number, table in _located(documents):
            terms = table.get("terms")
            if not isinstance(terms, dict):
                continue
            yield from self._term_problems(document, number, terms)

    def _term_problems(self, document: Document, number: int, terms: Mapping[str, Any]) -> Iterator[str]:
        owners: dict[str, str] = {str(name).casefold(): str(name) for name in terms}
        for name, term in terms.items():
            if not isinstance(term, dict):
                continue
            for link in ("broader", "trained_as"):
                if link in term and term[link] not in terms:
                    where = document.where(number, ("terms", name, link))
                    expected = _guess(str(term[link]), list(terms), "a term of this facet")
                    yield f"{where}: found {link} term {term[link]!r}, expected {expected}"
            for field in ("synonyms", "weak", "zh"):
                yield from _shared(document, number, (name, field), term.get(field) or (), owners)

    # the resources

    def _resource_problems(self, resources: list[Located]) -> Iterator[str]:
        ids: dict[str, str] = {}
        names: dict[tuple[str, str], str] = {}
        every = {str(item.get("id")) for _, _, item in resources}
        for document, number, item in resources:
            where = document.where(number, ("id",))
            if (first := ids.setdefault(str(item.get("id")), where)) != where:
                yield f"{where}: found id {item.get('id')!r} again, expected it only at {first}"
            yield from self._unknown_terms(document, number, item)
            yield from _dangling(document, number, item, every)
        yield from _shared_aliases(resources, names)

    def _unknown_terms(self, document: Document, number: int, item: Mapping[str, Any]) -> Iterator[str]:
        for facet, table in self._vocabulary.facets.items():
            value = item.get(facet)
            for i, term in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(term, str) and term not in table.terms:
                    path: Place = (facet, i) if isinstance(value, list) else (facet,)
                    guess = _guess(term, list(table.terms), f"a {table.label} of the vocabulary")
                    yield f"{document.where(number, path)}: found unknown {table.label} {term!r}, expected {guess}"

    # results and relations

    def _table_problems(self, documents: list[Document], ids: set[str]) -> Iterator[str]:
        for document, number, table in _located(documents):
            yield from self._unknown_terms(document, number, table)
            for path, target in _references(table):
                if target not in ids:
                    yield _missing(document, number, path, target, ids)


def _references(table: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    for field in ("about", "resource"):
        if isinstance(table.get(field), str):
            yield (field,), table[field]
    for i, row in enumerate(table.get("rows") or ()):
        if isinstance(row, dict) and isinstance(row.get("resource"), str):
            yield ("rows", i, "resource"), row["resource"]


def _dangling(document: Document, number: int, item: Mapping[str, Any], ids: set[str]) -> Iterator[str]:
    for i, relation in enumerate(item.get("relations") or ()):
        if isinstance(relation, dict) and isinstance(relation.get("id"), str) and relation["id"] not in ids:
            yield _missing(document, number, ("relations", i, "id"), relation["id"], ids)
    for field in ("combines", "used_by"):
        for i, target in enumerate(item.get(field) or ()):
            if isinstance(target, str) and target not in ids:
                yield _missing(document, number, (field, i), target, ids)


def _missing(document: Document, number: int, path: Place, target: str, ids: set[str]) -> str:
    expected = _guess(target, sorted(ids), "the id of a record")
    return f"{document.where(number, path)}: found a reference to {target!r}, expected {expected}"


def _shared_aliases(resources: list[Located], owners: dict[tuple[str, str], str]) -> Iterator[str]:
    """Names of one kind may repeat (a loss stands under several tasks); an alias must point to one record."""
    for _, _, item in resources:
        owners.setdefault((str(item.get("kind")), str(item.get("name")).casefold()), str(item.get("id")))
    for document, number, item in resources:
        for i, alias in enumerate(item.get("aliases") or ()):
            owner = owners.setdefault((str(item.get("kind")), str(alias).casefold()), str(item.get("id")))
            if owner != item.get("id") or str(alias) == item.get("name"):
                where = document.where(number, ("aliases", i))
                yield f"{where}: found alias {alias!r}, expected one that {owner!r} does not have"


def _shared(
    document: Document, number: int, place: tuple[str, str], values: Iterable[Any], owners: dict[str, str]
) -> Iterator[str]:
    name, field = place
    for i, value in enumerate(values):
        owner = owners.setdefault(str(value).casefold(), name)
        if owner != name:
            where = document.where(number, ("terms", name, field, i))
            yield f"{where}: found {value!r} under {name!r}, expected a word that {owner!r} does not have"


def _located(documents: Iterable[Document], *, any_type: bool = False) -> Iterator[Located]:
    for document in documents:
        for number, item in enumerate(document.items):
            if any_type or isinstance(item, dict):
                yield document, number, item


def _expected(error: Any) -> str:
    """What the schema says of itself, else its keyword in words."""
    if "description" in error.schema:
        return str(error.schema["description"])
    if error.validator == "type":
        return _TYPES.get(error.validator_value, str(error.validator_value))
    if error.validator == "enum":
        return _guess(
            str(error.instance), [str(v) for v in error.validator_value], "one of " + ", ".join(map(str, error.validator_value))
        )
    return f"{error.validator} {error.validator_value}"


def _guess(found: str, known: list[str], otherwise: str) -> str:
    from rapidfuzz import fuzz, process

    best = process.extractOne(found, known, scorer=fuzz.ratio, processor=str.casefold, score_cutoff=65)
    return f"{otherwise} (did you mean {best[0]!r}?)" if best else otherwise


def _dotted(path: Place) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".") + ": " if path else ""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _by_place(line: str) -> tuple[str, int, str]:
    match = re.match(r"(.*?):(\d+):", line)
    return (match[1], int(match[2]), line) if match else (line, 0, line)
