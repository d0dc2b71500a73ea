"""Read YAML and JSON-lines files, keeping for every value the line it stands on. Knows nothing of what they mean."""

from __future__ import annotations

import json
import math
import re
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Place = tuple[str | int, ...]


_LARGEST = 10**18
_HALF = re.compile("[\ud800-\udfff]")


class _Loader(yaml.CSafeLoader):
    """YAML without dates, which stay the text that they are."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class Document:
    """The values of one file: `items`, which may be gone through again and again, the complaints met on the way, and what tells
    the line of the value at a path in an item."""

    name: str
    items: Iterable[Any]
    complaints: tuple[str, ...]
    line: Callable[[int, Place], int]

    def where(self, item: int, path: Place = ()) -> str:
        """`file:line` of the value at `path` in item number `item`, or of the nearest value around it."""
        return f"{self.name}:{self.line(item, path)}"


def read(file: Path, name: str) -> Document:
    """The document in `file`; `name` is what complaints call it. A YAML mapping at the top is one item."""
    try:
        return _jsonl(file, name) if file.suffix == ".jsonl" else _yaml(file.read_text(encoding="utf-8-sig"), name)
    except (OSError, UnicodeDecodeError) as error:
        return _nothing(name, f"{name}:1: found a file that cannot be read ({error}), expected UTF-8 text")


def lines_of(text: str) -> list[str]:
    """The lines of `text`, parted by line feeds only: other separators of Unicode are text like any other."""
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _nothing(name: str, complaint: str) -> Document:
    return Document(name, (), (complaint,), lambda _item, _path: 1)


class _JsonLines:
    """The values of a JSON-lines file, read anew each time, so that a large one never lies in memory; `faulty` lines are left
    out."""

    def __init__(self, file: Path, faulty: Collection[int]) -> None:
        self._file, self._faulty = file, faulty

    def __iter__(self) -> Iterator[Any]:
        return (json.loads(line) for number, line in _lines(self._file) if number not in self._faulty)


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of `file` that hold anything, with their numbers. Raises OSError and UnicodeDecodeError."""
    with file.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            if text.strip():
                yield number, text


def _jsonl(file: Path, name: str) -> Document:
    numbers, faulty, complaints = array("L"), set[int](), []
    for number, line in _lines(file):
        try:
            complaints += [f"{name}:{number}: {c}" for c in _impossible(json.loads(line))]
            numbers.append(number)
        except (ValueError, RecursionError) as error:
            faulty.add(number)
            complaints.append(f"{name}:{number}: found no JSON ({_said(error)}), expected one object a line")
    return Document(name, _JsonLines(file, faulty), tuple(complaints), lambda item, _path: numbers[item])


def _yaml(text: str, name: str) -> Document:
    try:
        root = yaml.compose(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError) as error:
        return _nothing(name, _syntax(error, name))
    nodes = [] if root is None else root.value if isinstance(root, yaml.SequenceNode) else [root]
    complaints: list[str] = []
    items, lines = [], []
    for node in nodes:
        table: dict[Place, int] = {}
        try:
            items.append(_value(node, (), table, complaints, name))
            lines.append(table)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            complaints.append(
                f"{name}:{_line(error, node)}: found no value ({_said(error)}), expected text, a number or a list"
            )
            continue
        complaints += (f"{name}:{table[()]}: {c}" for c in _impossible(items[-1]))
    return Document(name, tuple(items), tuple(complaints), lambda item, path: _nearest(lines[item], path))


def _nearest(lines: Mapping[Place, int], path: Place) -> int:
    """The line of the value at `path`, or of the nearest value around it."""
    while path not in lines:
        path = path[:-1]
    return lines[path]


def _value(node: yaml.Node, path: Place, lines: dict[Place, int], complaints: list[str], name: str) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_value(n, (*path, i), lines, complaints, name) for i, n in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(node, path, lines, complaints, name))
    return _Loader("").construct_object(node)


def _pairs(
    node: yaml.MappingNode, path: Place, lines: dict[Place, int], complaints: list[str], name: str
) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key_node, value_node in node.value:
        key = str(key_node.value)
        lines[(*path, key)] = key_node.start_mark.line + 1
        if key in seen:
            complaints.append(f"{name}:{lines[(*path, key)]}: found field {key!r} twice, expected it once")
        seen.add(key)
        yield key, _value(value_node, (*path, key), lines, complaints, name)


def _syntax(error: Exception, name: str) -> str:
    return f"{name}:{_line(error)}: found no valid YAML ({_said(error)}), expected a list of records"


def _line(error: Exception, node: yaml.Node | None = None) -> int:
    mark = getattr(error, "problem_mark", None) or (node.start_mark if node else None)
    return int(mark.line) + 1 if mark else 1


def _said(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return str(getattr(error, "problem", None) or error).splitlines()[0]


def _impossible(value: Any) -> Iterator[str]:
    """Complaints about values that JSON or UTF-8 cannot hold, wherever they stand within `value`."""
    if isinstance(value, float) and not math.isfinite(value):
        yield f"found the number {value}, expected a finite one"
    elif isinstance(value, int) and abs(value) > _LARGEST:
        yield f"found a number of {len(str(abs(value)))} digits, expected a smaller one"
    elif isinstance(value, str) and not value.isascii() and _HALF.search(value):
        yield "found half of a surrogate pair, expected valid Unicode"
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _impossible(part)
