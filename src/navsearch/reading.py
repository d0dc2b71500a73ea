"""Read YAML and JSON-lines files, keeping for every value the line it stands on. Knows nothing of what they mean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Place = tuple[str | int, ...]
SUFFIXES = (".yaml", ".yml", ".jsonl")


@dataclass(frozen=True, slots=True)
class Document:
    """The values of one file: `items` with `lines` (by path within the item) and the complaints met on the way."""

    name: str
    items: tuple[Any, ...]
    lines: tuple[dict[Place, int], ...]
    complaints: tuple[str, ...]

    def where(self, item: int, path: Place = ()) -> str:
        """`file:line` of the value at `path` in item number `item`, or of the nearest value around it."""
        table = self.lines[item]
        while path not in table:
            path = path[:-1]
        return f"{self.name}:{table[path]}"


def read(file: Path, name: str) -> Document:
    """The document in `file`; `name` is what complaints call it. A YAML mapping at the top is one item."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return Document(name, (), (), (f"{name}:1: found a file that cannot be read ({error}), expected UTF-8 text",))
    return _jsonl(text, name) if file.suffix == ".jsonl" else _yaml(text, name)


def _jsonl(text: str, name: str) -> Document:
    items: list[Any] = []
    lines: list[dict[Place, int]] = []
    complaints: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            items.append(json.loads(line))
            lines.append({(): number})
        except json.JSONDecodeError as error:
            complaints.append(f"{name}:{number}: found no JSON ({error.msg}), expected one object a line")
    return Document(name, tuple(items), tuple(lines), tuple(complaints))


def _yaml(text: str, name: str) -> Document:
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        return Document(name, (), (), (_syntax(error, name),))
    nodes = [] if root is None else root.value if isinstance(root, yaml.SequenceNode) else [root]
    complaints: list[str] = []
    items, lines = [], []
    for node in nodes:
        table: dict[Place, int] = {}
        items.append(_value(node, (), table, complaints, name))
        lines.append(table)
    return Document(name, tuple(items), tuple(lines), tuple(complaints))


def _value(node: yaml.Node, path: Place, lines: dict[Place, int], complaints: list[str], name: str) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_value(n, (*path, i), lines, complaints, name) for i, n in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(node, path, lines, complaints, name))
    return yaml.CSafeLoader("").construct_object(node)


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


def _syntax(error: yaml.YAMLError, name: str) -> str:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark else 1
    return f"{name}:{line}: found no valid YAML ({getattr(error, 'problem', None) or error}), expected a list of records"
