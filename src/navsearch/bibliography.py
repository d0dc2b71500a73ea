"""Resources as BibTeX: an entry for each paper that describes one, or for its page if none does. Authors are not recorded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from navsearch.resource import Resource, paper_link

_SPECIAL = {c: f"\\{c}" for c in "&%$#_{}"} | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def as_bibtex(resources: Iterable[Resource]) -> str:
    """The entries, an empty line between them; a paper of several resources once."""
    entries = dict(entry for resource in resources for entry in _entries(resource))
    return "\n".join(_written(*known) for known in entries.values())


def _entries(resource: Resource) -> Iterator[tuple[str, tuple[str, dict[str, Any]]]]:
    """What tells a paper from others, with the key of its entry and the fields."""
    papers = resource.fields.get("papers") or ()
    for number, paper in enumerate(papers):
        yield paper_link(paper) or str(paper), (_key(resource, number), _of_paper(resource, paper))
    if not papers:
        page = {"title": resource.name, "year": resource.year, "url": resource.url}
        yield resource.id, (_key(resource, 0), page)


def _of_paper(resource: Resource, paper: Mapping[str, Any]) -> dict[str, Any]:
    arxiv = {"eprint": paper["arxiv"], "archiveprefix": "arXiv"} if paper.get("arxiv") else {}
    return {
        "title": paper.get("title") or resource.name,
        "year": paper.get("year"),
        "howpublished": paper.get("venue"),
        "doi": paper.get("doi"),
        **arxiv,
        "url": paper_link(paper),
        "note": f"describes {resource.name}",
    }


def _key(resource: Resource, number: int) -> str:
    """The id in the letters that a key may have; numbered from the second paper on."""
    return re.sub(r"[^A-Za-z0-9._:-]", "-", resource.id) + (f"-{number + 1}" if number else "")


def _written(key: str, fields: Mapping[str, Any]) -> str:
    known = {name: value for name, value in fields.items() if value is not None}
    lines = "".join(f"  {name} = {{{_cell(name, value)}}},\n" for name, value in known.items())
    return f"@misc{{{key},\n{lines}}}\n"


def _cell(name: str, value: Any) -> str:
    """`value` on one line; links and identifiers as they are but for what would end the field."""
    text = " ".join(str(value).split())
    if name in ("url", "doi", "eprint"):
        return text.replace("{", "%7B").replace("}", "%7D")
    return "".join(_SPECIAL.get(c, c) for c in text)
