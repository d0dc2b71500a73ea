"""An Answer or a Plan as Markdown. Pure: writes nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from navsearch.answer import PARTS, Answer, Hit, Recommendation
from navsearch.planning import Plan, Source
from navsearch.render import cell, facts, figure, understood
from navsearch.resource import Resource

_REASONS, _CAUTIONS = 2, 2


def answer_markdown(answer: Answer) -> str:
    """The answer: what was understood, then a list for each part."""
    out = [f"# {answer.query['text']}", "", f"Understood: {understood(answer.query)}  ", f"Match: **{answer.match}**", ""]
    out += [f"> {note}" for note in answer.notes] + [""] * bool(answer.notes)
    for part, title in PARTS:
        if items := getattr(answer, part):
            out += [f"## {title}", ""] + [_bullet(item) for item in items] + [""]
    out += [f"> {warning}" for warning in answer.warnings] + [""] * bool(answer.warnings)
    return "\n".join(out)


def records_markdown(resources: Iterable[Resource]) -> str:
    """A section for each record."""
    return "\n".join(f"# {r.name}\n\n{r.description}\n\n{_stated(r)}" for r in resources)


def _stated(resource: Resource) -> str:
    """What a record states besides its name and description, a line each."""
    rows = {name: value for name, value in resource.as_dict().items() if name not in ("name", "description")}
    return "".join(f"- {name}: {cell(value)}\n" for name, value in rows.items())


def plan_markdown(plan: Plan) -> str:
    """The plan as a short recipe: problem, data, loss, baseline, metrics, pitfalls."""
    sections = (
        ("Data", _data(plan.data)),
        ("Loss", _losses(plan)),
        ("Baseline", _baselines(plan.baselines)),
        ("Metrics to report", (_metric(m) for m in plan.metrics)),
        ("Pitfalls", (f"- {p.say} *({p.source})*" for p in plan.pitfalls)),
    )
    out = [f"# Plan: {plan.query['text']}", "", *_problem(plan)]
    for number, (title, lines) in enumerate(sections, 1):
        found = list(lines)
        out += ["", f"## {number}. {title}", "", *(found or [_NOTHING])]
    return "\n".join(out) + "\n"


_NOTHING = "The catalog knows none."


def _problem(plan: Plan) -> Iterator[str]:
    yield f"Understood: {understood(plan.query)} (match {plan.match}, {plan.confidence:.0%} sure)"
    traits = plan.problem.get("traits", ())
    yield from [""] * bool(traits)
    yield from (f"- {t['term']} ({t['because'][0]})" for t in traits)
    yield from (f"\n> {note}" for note in plan.notes)


def _data(sources: Iterable[Source]) -> Iterator[str]:
    for source in sources:
        hit = source.hit
        yield f"- **{_ROLES[source.role]}: {_link(hit.name, hit.url)}**, {facts(hit).partition(' · ')[2]}."
        more = [link for link in source.links if link != hit.url]
        yield f"  How to get it: {source.get}" + (f" ({', '.join(f'<{link}>' for link in more[:2])})" if more else "") + "."
        if hit.misses:
            yield f"  Misses: {'; '.join(hit.misses)}."


_ROLES = {"train": "Start with", "external test": "Test on", "more": "Also"}


def _losses(plan: Plan) -> Iterator[str]:
    if len(plan.losses) > 1:
        yield f"The objective is a sum of {len(plan.losses)} terms.\n"
    for loss in plan.losses:
        role = f" as {loss.role}" if len(plan.losses) > 1 else ""
        yield f"**{loss.name}**{role}: {'; '.join(loss.reasons[:_REASONS])}."
        yield from (f"- {figure(e)}" for e in [e for e in loss.evidence if "value" in e][:1])
        yield from ["", f"```python\n{loss.snippet.strip()}\n```", ""] if loss.snippet else [""]
        yield from (f"- {caution}" for caution in loss.cautions[:_CAUTIONS])
        yield ""
    if plan.other_losses:
        others = (f"{r.name} ({r.reasons[0]})" for r in plan.other_losses)
        yield f"Next to try: {'; '.join(others)}."


def _baselines(baselines: Iterable[Recommendation]) -> Iterator[str]:
    for place, method in enumerate(baselines):
        figures = [figure(e) for e in method.evidence if "value" in e]
        licence = f"licence {method.licence or 'unknown'}"
        name, mark = _link(method.name, method.implementation or method.url), "" if place else "**"
        yield f"{mark}{name}{mark}, {licence}."
        yield from (f"- {said}" for said in (figures[:1] or method.reasons[:1]))
        yield from (f"- {caution}" for caution in method.cautions[:1])
        yield ""
        if method.commands and not place:
            yield from _commands(method.commands)


def _commands(commands: Mapping[str, Any]) -> Iterator[str]:
    yield "```sh"
    for step in commands["steps"]:
        yield f"# {step['step']}"
        yield step["run"].strip()
    yield from ["```", "", f"Commands after {commands['source']}.", ""]


def _metric(metric: Recommendation) -> str:
    where = f" `{metric.implementation}`" if metric.implementation else ""
    return f"- **{metric.name}** ({metric.role}): {'; '.join(metric.reasons[:_REASONS])}.{where}"


def _link(name: str, url: str | None) -> str:
    return f"[{name}]({url})" if url and url.startswith("http") else name


def _bullet(item: Hit | Recommendation) -> str:
    return f"- **{_link(item.name, item.url)}** ({item.score:.2f}): {'; '.join(item.reasons[:_REASONS])}"
