"""Answers, records, tables and reports as lines of text, JSON or CSV. Pure: writes nothing itself."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from navsearch.answer import PARTS, Answer, Hit, Recommendation
from navsearch.resource import Resource

if TYPE_CHECKING:  # slow to import, and named only
    from navsearch.browsing import Search
    from navsearch.comparing import Difference
    from navsearch.evaluate import Miss
    from navsearch.leaderboards import Leaderboard, Standing, Table
    from navsearch.side_by_side import Comparison

_REASONS, _EVIDENCE, _CAUTIONS = 2, 1, 1


class Line(NamedTuple):
    """One logical line: how far indented, its text, a style name for terminals, and a mark that wrapped text hangs from."""

    indent: int
    text: str
    style: str = ""
    mark: str = ""


def lines(answer: Answer, shown: int | None = None, *, explain: bool = False) -> Iterator[Line]:
    """The whole answer for people; `shown` limits losses and baselines (all by default), `explain` adds the arithmetic."""
    yield Line(0, f"Understood: {understood(answer.query)}", "bold")
    yield from problem_lines(answer.problem)
    yield Line(0, f"Match: {answer.match} ({answer.confidence:.0%} sure)", _MATCH_STYLE[answer.match])
    yield from (Line(0, f"Note: {note}", "yellow") for note in answer.notes)
    title = "Nearest misses" if answer.match == "none" else "Resources" if len(answer.query["kind"]) != 1 else _title(answer)
    yield from _section(title, (list(_group_lines(group, answer.hits, explain=explain)) for group in _groups(answer.hits)))
    yield from (Line(0, warning, "yellow", " ~  ") for warning in answer.warnings)
    for part, part_title in PARTS[1:]:
        every: Sequence[Recommendation] = getattr(answer, part)
        recommended = every[:shown]
        roles = len({r.role for r in recommended}) > 1
        title = part_title if len(recommended) == len(every) else f"{part_title} ({len(recommended)} of {len(every)})"
        yield from _section(title, (list(_recommended_lines(i, r, with_role=roles)) for i, r in enumerate(recommended, 1)))
    yield Line(0, "")
    yield Line(0, _LEGEND, "dim")


_LEGEND = "+ fits   - misses   ~ shares data   ≈ much the same data   = published figure   ! caution"


def problem_lines(problem: Mapping[str, Any]) -> Iterator[Line]:
    """The traits of a problem, each with where it comes from."""
    traits = problem.get("traits", ())
    if traits:
        yield Line(0, "Problem:", "bold")
    yield from (Line(2, f"{t['term']}: {'; '.join(t['because'])}") for t in traits)


_MATCH_STYLE = {"strong": "green", "weak": "yellow", "none": "red"}


def understood(query: Mapping[str, Any]) -> str:
    """What was understood on one line: wanted terms, limits, exclusions; what was not understood is not there."""
    apart = ("kind", "limits", "excluded", "corrected", "ambiguous", *(limit.partition(" = ")[0] for limit in query["limits"]))
    facets = [v for k, v in query.items() if isinstance(v, list) and k not in apart]
    parts = [term for terms in facets for term in terms] + list(query["limits"])
    parts += [f"not {term.partition(':')[2]}" for term in query["excluded"]]
    wanted = ", ".join(query["kind"])
    return f"{wanted} for {' · '.join(parts)}" if parts else f"{wanted} (no known term)"


def plain(answer_lines: Iterable[Line]) -> str:
    """Lines as plain text, none cut or wrapped."""
    return "".join(f"{' ' * line.indent}{line.mark}{line.text}".rstrip() + "\n" for line in answer_lines)


def as_json(value: Any) -> str:
    """`value` as indented JSON with a newline at its end."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def as_jsonl(value: Any) -> str:
    """`value` as one line of JSON, whatever a reader takes for the end of a line."""
    text = json.dumps(value, ensure_ascii=False)
    return re.sub("[\u0085\u2028\u2029]", lambda c: f"\\u{ord(c[0]):04x}", text) + "\n"


def as_csv(answer: Answer) -> str:
    """The hits as CSV with a header; lists are joined by "; "."""
    return _csv(hit.as_dict() for hit in answer.hits)


def records_csv(resources: Iterable[Resource]) -> str:
    """Records as CSV with a header; lists are joined by "; "."""
    return _csv(resource.as_dict() for resource in resources)


def _csv(items: Iterable[Mapping[str, Any]]) -> str:
    out = io.StringIO()
    rows = [{k: cell(v) for k, v in item.items()} for item in items]
    fields = dict.fromkeys(k for row in rows for k in row)
    writer = csv.DictWriter(out, list(fields), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def resource_lines(resource: Resource) -> Iterator[Line]:
    """Everything a record states, field by field; nested values one per line."""
    yield Line(0, f"{resource.name}  [{resource.id}]", "bold")
    for name, value in resource.as_dict().items():
        if name in ("id", "name"):
            continue
        nested = isinstance(value, list) and any(isinstance(v, dict) or len(str(v)) > _SHORT for v in value)
        if nested:
            yield Line(0, f"{name}:", "cyan")
            yield from (Line(2, cell(v), "", "- ") for v in value)
        else:
            yield Line(0, f"{name}: {cell(value)}")


_SHORT = 40


def hits_lines(hits: Sequence[Hit]) -> Iterator[Line]:
    """Hits alone, as `similar` shows them."""
    for number, hit in enumerate(hits, 1):
        yield from _hit_lines(number, hit)


def search_lines(found: Search) -> Iterator[Line]:
    """A page of a ranking, then the terms to filter it by."""
    last = found.offset + len(found.hits)
    yield Line(0, f"Understood: {understood(found.query)}", "cyan")
    yield Line(
        0, f"Match: {found.match}; {found.offset + 1} to {last} of {found.total}, {found.matching} with every term", "bold"
    )
    for number, hit in enumerate(found.hits, found.offset + 1):
        yield from _hit_lines(number, hit)
    yield Line(0, "")
    for facet, terms in found.facets.items():
        if terms:
            yield Line(0, f"{facet}: {', '.join(f'{term} {count}' for term, count in list(terms.items())[:_COUNTED])}")
    yield from (Line(0, note, "yellow", " !  ") for note in found.notes)


_COUNTED = 8  # terms of a facet


def leaderboard_lines(board: Leaderboard) -> Iterator[Line]:
    """The published figures on a data set, table by table, best first."""
    yield Line(0, f"{board.name}: {sum(len(t.rows) for t in board.tables)} published figures", "bold")
    for table in board.tables:
        said = (table.protocol, table.evidence, str(table.published or "year unknown"))
        yield Line(0, "")
        yield Line(
            0, f"{table.metric} on {table.dataset} ({'higher' if table.higher_is_better else 'lower'} is better)", "bold"
        )
        yield Line(0, f"{'; '.join(filter(None, said))}; {table.source}", "dim")
        if table.contested:
            yield Line(0, f"contested: {table.contested}", "yellow", "! ")
        yield from (_standing_line(place, row, table) for place, row in enumerate(table.rows, 1))


def _standing_line(place: int, row: Standing, table: Table) -> Line:
    own = [row.source] if row.source != table.source else []
    said = "; ".join(filter(None, (*row.remarks, row.setting, *own)))
    return Line(2, f"{row.value:>9.4g}  {row.name}" + (f"  ({said})" if said else ""), "", f"{place:>2}. ")


def comparison_table(comparison: Comparison) -> list[list[str]]:
    """Rows of cells, the first being the names; what differs comes first, what nobody knows is "unknown"."""
    head = ["", *comparison.names]
    return [head, *([row.name, *(value or "unknown" for value in row.values)] for row in comparison.rows)]


def side_by_side_lines(comparison: Comparison) -> Iterator[Line]:
    """The comparison as blocks of one thing each, for places where a table does not fit."""
    head, *rows = comparison_table(comparison)
    differing = sum(row.differs for row in comparison.rows)
    for number, row in enumerate(rows):
        if number in (0, differing):
            yield from [Line(0, "")] * bool(number)
            yield Line(0, "Differs" if number < differing else "The same", "bold underline")
        if number < differing:
            yield Line(0, row[0], "cyan")
            yield from (Line(2, value, "", f"{name}: ") for name, value in zip(head[1:], row[1:], strict=True))
        else:
            yield Line(0, f"{row[0]}: {row[1]}")
    yield from (Line(0, warning, "yellow", " ~  ") for warning in comparison.warnings)


def report_lines(report: Mapping[str, Any]) -> Iterator[Line]:
    """An evaluation as aligned tables: measures by kind and type, losses, verdicts."""
    for kind, by_type in report["measures"].items():
        yield Line(0, "")
        yield from _table(kind, by_type)
    losses, verdicts = report["losses"], report["verdicts"]
    good, first = losses["good_in_first_six"], losses["first_is_good"]
    answered, refused = cell(verdicts["outside_answered"]) or "none", cell(verdicts["served_none"]) or "none"
    yield Line(0, "")
    yield Line(0, f"losses, {losses['n']} questions: good ones among the first six {good}; first is good {first}")
    yield Line(0, f"losses of the wrong family: {cell(losses['bad']) or 'none'}")
    yield Line(0, f"outside the catalog: {verdicts['outside_none']} of {verdicts['outside']} judged none; answered: {answered}")
    yield Line(0, f"served: {len(verdicts['served_none'])} of {verdicts['served']} refused: {refused}")


def miss_lines(misses: Iterable[Miss]) -> Iterator[Line]:
    """The worst rankings, each with what was understood, what is missing and what stands there instead."""
    for miss in misses:
        yield Line(
            0, f"{miss.question.id} {miss.question.type}, {miss.kind}: nDCG@10 {miss.ndcg:.3f}  {miss.question.query}", "bold"
        )
        yield Line(4, understood(miss.understood))
        yield Line(4, "; ".join(miss.missing) or "nothing, the order is to blame", "red", "missing ")
        yield Line(4, "; ".join(miss.instead) or "nothing", "yellow", "instead ")


def comparison_lines(differences: Sequence[Difference], worse: Sequence[Mapping[str, Any]], most: int) -> Iterator[Line]:
    """Differences as a table, those whose interval leaves zero out marked, then the worst regressions."""
    width = max(len(f"{d.kind} {d.type}") for d in differences)
    yield Line(0, f"{'nDCG@10, second minus first':<{width}}     n   mean  95% interval", "bold")
    for d in differences:
        figures = f"{d.n:>4}  {d.mean:+.3f}  {d.low:+.3f} .. {d.high:+.3f}"
        yield Line(0, f"{f'{d.kind} {d.type}':<{width}}  {figures}" + " *" * d.significant)
    yield Line(0, "")
    yield Line(0, f"worse: {len(worse)} rankings" + (f", the worst {most}:" if len(worse) > most else ""), "bold")
    yield from (Line(4, f"{w['change']:+.3f}  {w['id']} {w['kind']}: {w['query']}") for w in worse[:most])


def ablation_lines(table: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Iterator[Line]:
    """nDCG@10 of each ranking by type."""
    types = list(next(iter(table.values()), {}))
    yield from _table("nDCG@10", {name: {t: row[t]["nDCG@10"] for t in types} for name, row in table.items()})


def _table(corner: str, rows: Mapping[str, Mapping[str, float]]) -> Iterator[Line]:
    columns = list(next(iter(rows.values()), {}))
    width = max(len(r) for r in (*rows, corner))
    yield Line(0, f"{corner:<{width}}  " + "  ".join(f"{c:>{max(6, len(c))}}" for c in columns), "bold")
    for name, row in rows.items():
        yield Line(0, f"{name:<{width}}  " + "  ".join(f"{_figure(row[c]):>{max(6, len(c))}}" for c in columns))


def _figure(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _section(title: str, blocks: Iterable[list[Line]]) -> Iterator[Line]:
    for number, block in enumerate(blocks):
        if not number:
            yield Line(0, "")
            yield Line(0, title, "bold underline")
        yield from block


def _title(answer: Answer) -> str:
    kind = str(answer.query["kind"][0]).capitalize()
    return kind + ("es" if kind.endswith(("s", "x")) else "s")


def _groups(hits: Sequence[Hit]) -> list[list[int]]:
    """The places of hits that share data, together under the first of them; the groups in the order of their first."""
    groups: list[list[int]] = []
    for place, hit in enumerate(hits):
        related = {r.get("id") for r in hit.relations if r["type"] in _SAME}
        homes = [g for g in groups if related & {hits[member].id for member in g}]
        groups = [g for g in groups if g not in homes] + [sorted([*(m for g in homes for m in g), place])]
    return sorted(groups)


# Relations that make two sets much the same data, seen from either end.
_SAME = frozenset({"version_of", "other_version", "same_as"})


def _group_lines(group: Sequence[int], hits: Sequence[Hit], *, explain: bool) -> Iterator[Line]:
    """The first of a group in full, the others as a line each."""
    first, *others = group
    yield from _hit_lines(first + 1, hits[first], explain=explain)
    for place in others:
        hit = hits[place]
        yield Line(4, f"{hit.score:.2f}  {hit.name}  [{hit.id}]  {facts(hit)}", "", f"≈ {place + 1}. ")


def _hit_lines(number: int, hit: Hit, *, explain: bool = False) -> Iterator[Line]:
    yield Line(0, f"{hit.score:.2f}  {hit.name}  [{hit.id}]", "bold", f"{number:>2}. ")
    yield Line(4, facts(hit))
    yield Line(4, "; ".join(hit.reasons), "green", "+ ")
    if hit.misses:
        yield Line(4, "; ".join(hit.misses), "red", "- ")
    if explain:
        yield Line(4, _arithmetic(hit), "dim")
    if hit.url:
        yield Line(4, hit.url, "blue")


def _arithmetic(hit: Hit) -> str:
    """How the score came about: weights x signals; a name, if there is one, then closes part of the distance to 1."""
    from navsearch.ranking import WEIGHTS  # and with it numpy, which help texts do not wait for

    parts = [(name, weight) for name, weight in WEIGHTS.items() if name != "name" and name in hit.signals]
    mean = " + ".join(f"{weight:g} × {name} {hit.signals[name]:.2f}" for name, weight in parts)
    name = f", then name {hit.signals['name']:.2f} × {WEIGHTS['name']:g} of the rest" if hit.signals["name"] else ""
    return f"{hit.score:.2f} = ({mean}) / {sum(w for _, w in parts):g}{name}"


def facts(hit: Hit) -> str:
    """The facts one looks for first; an unknown licence is said, as silence could be taken for freedom."""
    facts = [hit.kind, *hit.facets.get("dimension", ()), *hit.facets.get("modality", ())[:3]]
    if hit.access or hit.cases:
        size = f"{hit.cases['count']:,} {hit.cases.get('unit', 'cases')}" if hit.cases else "size unknown"
        facts += [
            size,
            hit.released or "date unknown",
            f"licence {hit.licence or 'unknown'}",
            f"access {hit.access or 'unknown'}",
        ]
    return " · ".join(facts)


def _recommended_lines(number: int, item: Recommendation, *, with_role: bool) -> Iterator[Line]:
    role = f" ({item.role})" if with_role else ""
    yield Line(0, f"{item.score:.2f}  {item.name}  [{item.id}]{role}", "bold", f"{number:>2}. ")
    yield from (Line(4, reason, "green", "+ ") for reason in item.reasons[:_REASONS])
    for evidence in [e for e in item.evidence if "value" in e][:_EVIDENCE]:
        yield Line(4, figure(evidence), "", "= ")
    yield from (Line(4, caution, "yellow", "! ") for caution in item.cautions[:_CAUTIONS])
    if where := item.implementation or item.url:
        yield Line(4, f"{where} (licence {item.licence or 'unknown'})" if where.startswith("http") else where, "blue")


def figure(evidence: Mapping[str, Any]) -> str:
    """A published figure on one line, with protocol, grade and source."""
    said = f"{evidence['metric']} {evidence['value']:g} on {evidence['dataset']}"
    stated = ("protocol", "setting", "evidence", "published", "source")
    return f"{said}: {'; '.join(str(evidence[k]) for k in stated if k in evidence)}"


def cell(value: Any) -> str:
    """Any JSON value on one line."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{k}: {cell(v)}" for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return "; ".join(map(cell, value))
    return str(value)
