"""Answers as short texts for agents: the verdict first, then a line a thing; what was left out, and how to get it, is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from navsearch import markdown, render
from navsearch.answer import PARTS, Answer, Recommendation
from navsearch.errors import UsageError
from navsearch.resource import Resource

if TYPE_CHECKING:
    from navsearch.browsing import Search
    from navsearch.planning import Plan, Source

# Bytes of UTF-8 that a text may have: of five hits in short, and of any text in full. Three or more make a token, in English
# as in Chinese, and at least 2.8 where code and links abound: a short text has less than 2,000 tokens, a full one far less than
# the 25,000 at which programs cut off what they hand to a model.
SHORT, FULL = 5_400, 24_000
_HITS = 5
_LINE = 1000  # characters of a line; no sound catalog has more in one
_OTHERS = 3  # losses, baselines and metrics that a short answer shows
_TERMS = 4  # of each facet that are counted for narrowing
_PITFALLS = 4
_VERDICTS = {
    "strong": "strong ({:.0%} sure that the first hit fits)",
    "weak": "weak ({:.0%} sure that the first hit fits: heed what hits miss)",
    "none": "none (NOTHING in the catalog fits; {:.0%} sure that the first hit does)",
}


def answer_text(answer: Answer, *, full: bool) -> str:
    """What was understood, whether anything fits, the hits, and what is recommended for the problem."""
    return _fitting(_answer(answer, full=full), FULL if full else _room(answer))


def search_text(search: Search, *, full: bool) -> str:
    """A page of hits, with how many there are and by which terms they can be narrowed down."""
    return _fitting(_search(search, full=full), FULL if full else _room(search))


def plan_text(plan: Plan, *, full: bool) -> str:
    """The recipe: in full as `navsearch plan` prints it."""
    whole = (*_verdict(plan), *markdown.plan_markdown(plan).splitlines())
    return _fitting(whole, FULL) if full else _fitting(_plan(plan), SHORT)


def resource_text(resource: Resource, offset: int) -> str:
    """What the catalog states of a resource, as much as there is room for, from byte `offset` on. Raises UsageError if there is
    nothing."""
    stated = (render.plain(render.resource_lines(resource)) + "What is not listed is unknown.\n").encode()
    if offset >= len(stated):
        raise UsageError(f"offset: found {offset}, expected less than {len(stated)}")
    shown = stated[offset : offset + SHORT].decode(errors="ignore")
    end = offset + len(shown.encode())
    return shown + (f"\ntruncated: {end} of {len(stated)} bytes; the next with offset={end}\n" if end < len(stated) else "")


# what texts are made of


def _answer(answer: Answer, *, full: bool) -> Iterator[str]:
    yield from _verdict(answer)
    yield from _hits(answer, 0, full=full)
    yield from (f"warning: {warning}" for warning in answer.warnings)
    for part, title in PARTS[1:]:
        yield from _recommended(title, getattr(answer, part), full=full)
    if answer.match != "none":
        yield f"more: resources by search with offset={len(answer.hits)}, all of one by show, code to start with by plan"
    if answer.hits and not full:
        yield 'truncated: links, descriptions, figures with sources and what else is recommended with detail="full"'


def _search(search: Search, *, full: bool) -> Iterator[str]:
    yield from _verdict(search)
    end = search.offset + len(search.hits)
    here = f"here {search.offset + 1} to {end}" if search.hits else f"none from offset={search.offset} on"
    yield f"ranked: {search.total}; {here}"
    yield f"with every term and limit: {search.matching}"
    yield from _counts(search, None if full else _TERMS)
    yield from _hits(search, search.offset, full=full)
    yield f"truncated: the next with offset={end}" if search.hits and end < search.total else "that is all"


def _plan(plan: Plan) -> Iterator[str]:
    yield from _verdict(plan)
    yield from _titled("data:", map(_source, plan.data))
    for loss in plan.losses:
        yield f"loss ({loss.role}): {_named(loss)}"
        yield from (f"  ! {caution}" for caution in loss.cautions[:1])
        yield from _code("python", loss.snippet)
    yield from (f"next loss to try: {_named(loss)}" for loss in plan.other_losses[:1])
    for baseline in plan.baselines[:1]:
        yield f"baseline: {_named(baseline)}"
        yield from _code("sh", "\n".join(step["run"].strip() for step in (baseline.commands or {}).get("steps", ())))
    yield from _titled("other baselines:", map(_named, plan.baselines[1:]))
    yield from _titled("metrics to report:", (f"{m.name} ({m.role}) {m.implementation or ''}" for m in plan.metrics))
    yield from _titled("pitfalls:", (p.say for p in plan.pitfalls[:_PITFALLS]))
    if plan.data:
        yield 'truncated: sources, cautions, further reasons and pitfalls with detail="full"'
    else:
        yield "there is no plan, as nothing fits"


def _verdict(found: Answer | Search | Plan) -> Iterator[str]:
    yield f"match: {_VERDICTS[found.match].format(found.confidence)}"
    yield f"understood: {render.understood(found.query)}"
    traits: Sequence[Mapping[str, Any]] = getattr(found, "problem", {}).get("traits", ())
    if traits:
        yield "problem: " + "; ".join(f"{trait['term']} ({trait['because'][0]})" for trait in traits)
    yield from (f"note: {note}" for note in found.notes)


def _hits(found: Answer | Search, offset: int, *, full: bool) -> Iterator[str]:
    if found.hits:
        yield "nearest misses, no answers:" if found.match == "none" else "resources:"
    for number, hit in enumerate(found.hits, offset + 1):
        yield f"{number}. {hit.name} [{hit.id}] {hit.score:.2f}: {render.facts(hit)}"
        yield f"  + {'; '.join(hit.reasons)}"
        if hit.misses:
            yield f"  - {'; '.join(hit.misses)}"
        if full:
            yield f"  {hit.url or 'link unknown'}"
            yield f"  {hit.description}"


def _recommended(title: str, items: Sequence[Recommendation], *, full: bool) -> Iterator[str]:
    shown = items if full else items[:_OTHERS]
    if items:
        yield f"{title.lower()}:"
    for number, item in enumerate(shown, 1):
        yield f"{number}. {_named(item)}"
        yield from (f"  + {reason}" for reason in item.reasons[1:] if full)
        yield from (f"  = {render.figure(e)}" for e in item.evidence if full and "value" in e)
        yield from (f"  ! {caution}" for caution in (item.cautions if full else item.cautions[:1]))


def _named(item: Recommendation) -> str:
    """A recommendation on one line: why, the first published figure, and where to begin."""
    figures = [f"{e['metric']} {e['value']:g} on {e['dataset']}" for e in item.evidence if "value" in e][:1]
    where = item.implementation or item.url or "link unknown"
    licence = f" (licence {item.licence or 'unknown'})" if where.startswith("http") else ""
    return f"{item.name} [{item.id}] {item.score:.2f}: {'; '.join((*item.reasons[:1], *figures))}; {where}{licence}"


def _source(source: Source) -> str:
    hit = source.hit
    misses = f"; misses {', '.join(hit.misses)}" if hit.misses else ""
    links = " ".join(source.links[:1]) or "link unknown"
    return f"{source.role}: {hit.name} [{hit.id}]: {render.facts(hit)}; to get it: {source.get}, {links}{misses}"


def _counts(search: Search, most: int | None) -> Iterator[str]:
    """By facet, the terms that some of the matching resources carry, not all (if none matches, of those within the limits)."""
    for facet, terms in search.facets.items():
        told = [f"{term} {count}" for term, count in terms.items() if count < search.matching or not search.matching][:most]
        if told:
            unknown = [f"unknown {search.unstated[facet]}"] if search.unstated[facet] else []
            yield f"of those by {facet}: {', '.join((*told, *unknown))}"


def _titled(title: str, items: Iterable[str]) -> Iterator[str]:
    for number, item in enumerate(items):
        yield from [title] * (not number)
        yield f"- {item}"


def _code(language: str, code: str | None) -> Iterator[str]:
    if code:
        yield from (f"```{language}", *code.strip().splitlines(), "```")


def _room(found: Answer | Search) -> int:
    """More for more hits than usual, as they were asked for."""
    return max(SHORT, SHORT * len(found.hits) // _HITS)


def _fitting(lines: Iterable[str], room: int) -> str:
    """The lines for which there is room, each one line whatever it holds; that others were left out is said."""
    shown: list[str] = []
    for line in (" ".join(line[: _LINE + 1].splitlines()) for line in lines):
        shown.append(line if len(line) <= _LINE else f"{line[:_LINE]}…")
        room -= len(shown[-1].encode()) + 1
        if room < 0:
            shown[-1] = 'truncated: there was no room for the rest; it is there with detail="full", a smaller k, or by show'
            break
    return "\n".join(shown) + "\n"
