"""What serves which task, and how a trait of the problem moves it: the relations of a catalog, looked up by task."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache, cached_property, lru_cache
from typing import Any

from navsearch.index import Index

Relation = Mapping[str, Any]
_KEPT = 1024  # tasks, and tasks with kinds, of which what was found out is kept


class Relations:
    """The relations of an index. A task without entries of its own uses those of its broader task and of the one that it is
    trained as; the nearest task's entry for a resource counts."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.chain = cache(self._chain)
        self.around = lru_cache(maxsize=_KEPT)(self._around)
        self.telling = lru_cache(maxsize=_KEPT)(self._telling)
        self.fits = lru_cache(maxsize=_KEPT)(self._fits_of)
        self.moving = lru_cache(maxsize=_KEPT)(self._moving_for)
        self.trains = lru_cache(maxsize=_KEPT)(self._trains)

    def _chain(self, task: str) -> tuple[str, ...]:
        """`task`, its broader tasks, then the tasks that it is trained as, nearest first."""
        found: list[str] = []
        waiting = [task]
        while waiting:
            current = waiting.pop(0)
            if current in found:
                continue
            found.append(current)
            term = self._index.vocabulary.term("task", current)
            waiting += [t for t in (term.broader, term.more.get("trained_as")) if t] if term else []
        return tuple(found)

    def _around(self, tasks: tuple[str, ...]) -> frozenset[str]:
        """`tasks` with all whose entries they use."""
        return frozenset(t for task in tasks for t in self.chain(task))

    def _trains(self, task: str) -> bool:
        """Whether a loss is known to train `task`."""
        return any(self.fits(task, kind) for kind in self._training)

    def _moving_for(self, task: str) -> frozenset[str]:
        """The traits that make a difference to which loss trains `task`."""
        return frozenset(t for known in self.chain(task) for t in self._moving.get(known, ()))

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks whose losses some trait moves."""
        return tuple(self._moving)

    def _fits_of(self, task: str, kind: str) -> Mapping[str, Relation]:
        """For each resource of `kind` that serves `task`, the entry of the nearest task; a fit of 0 takes back what a broader
        task has."""
        fits: dict[str, Relation] = {}
        for known in self.chain(task):
            fits = self._fits.get((known, kind), {}) | fits
        return fits

    def shifts(self, task: str, resource: str, traits: Collection[str]) -> list[Relation]:
        """How those of `traits` that matter to `resource` for `task` move it, in the order of the catalog."""
        tasks = self.chain(task)
        return [r for r in self._shifts.get(resource, ()) if r["task"] in tasks and r["trait"] in traits]

    def _telling(self, tasks: tuple[str, ...]) -> frozenset[str]:
        """The traits that move anything or call for advice where one of `tasks` is to be done."""
        known = self.around(tasks)
        moving = {r["trait"] for shifts in self._shifts.values() for r in shifts if r["task"] in known}
        advised = (a["when"] for a in self._index.tables.advice)
        calling = (w["trait"] for w in advised if "trait" in w and known.intersection(w.get("task", known)))
        return frozenset(moving).union(*calling)

    @cached_property
    def _training(self) -> frozenset[str]:
        """The kinds of what trains."""
        kinds = self._index.vocabulary.facets["kind"].terms.values()
        return frozenset(t.name for t in kinds if t.more.get("recommended") == "losses")

    @cached_property
    def _moving(self) -> dict[str, set[str]]:
        moving: dict[str, set[str]] = {}
        for resource, shifts in self._shifts.items():
            if self._kind(resource) in self._training:
                for relation in shifts:
                    moving.setdefault(relation["task"], set()).add(relation["trait"])
        return moving

    def _kind(self, resource: str) -> str:
        return self._index.kind_of(self._index.row_of(resource))

    @cached_property
    def _fits(self) -> dict[tuple[str, str], dict[str, Relation]]:
        """The fits by task and kind, then by resource."""
        fits: dict[tuple[str, str], dict[str, Relation]] = {}
        for relation in (r for r in self._index.tables.relations if "fit" in r):
            key = (relation["task"], self._kind(relation["resource"]))
            fits.setdefault(key, {}).setdefault(relation["resource"], relation)
        return fits

    @cached_property
    def _shifts(self) -> dict[str, list[Relation]]:
        shifts: dict[str, list[Relation]] = {}
        for relation in (r for r in self._index.tables.relations if "shift" in r):
            shifts.setdefault(relation["resource"], []).append(relation)
        return shifts
