"""Cost against size, one line a tool, from what peers.py measured.

    python benchmarks/peers.py all --sizes 1000 10000 100000 --out sizes.json
    .venv/peers/bin/python benchmarks/plot.py sizes.json --out benchmarks/cost.svg

Several files of results are read as one. The whiskers run from the least to the greatest value.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl  # type: ignore[import-not-found]
from matplotlib import pyplot as plt
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator  # type: ignore[import-not-found]

# What is drawn: the measure as peers.py calls it, the title, and how its values are written.
PANELS = (
    ("cold ask, to its end", "One question, a fresh process", "s"),
    ("warm ask, p50", "One question, everything loaded (median)", "s"),
    ("full build", "Build of the whole index", "s"),
    ("cold ask, peak memory", "Peak memory of a process that asks once", "MiB"),
)
# Colours that differ in lightness too, and shapes, so that lines are told apart without colour.
STYLES: Mapping[str, Mapping[str, Any]] = {
    "navsearch": {"color": "#c0392b", "marker": "o", "linewidth": 2.4, "zorder": 5},
    "plain": {"color": "#1f77b4", "marker": "s"},
    "txtai": {"color": "#2e8b57", "marker": "^"},
    "bm25s": {"color": "#8c6d31", "marker": "D"},
    "navsearch's encoder alone": {"color": "#999999", "marker": "", "linestyle": "--", "capsize": 0, "elinewidth": 0},
}
NAMES = {
    "plain": "sentence-transformers + FAISS",
    "bm25s": "bm25s (words only)",
    "navsearch's encoder alone": "the encoder alone",
}
UNITS: Mapping[str, Sequence[tuple[float, str]]] = {
    "s": ((3600, "h"), (60, "min"), (1, "s"), (1e-3, "ms"), (1e-6, "µs")),
    "MiB": ((1024, "GiB"), (1, "MiB")),
}
# Where lines are drawn across: values that read well, and those between them where a panel spans little.
TICKS = {
    "s": ((1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 60, 600, 3600, 36000), (3e-5, 3e-4, 3e-3, 0.03, 0.3, 3, 30, 300, 1200)),
    "MiB": ((16, 64, 256, 1024, 4096, 16384), (32, 128, 512, 2048, 8192)),
}
NARROW = 1000

Rows = Sequence[Mapping[str, Any]]


def read(files: Sequence[Path]) -> Rows:
    """The rows of all `files`."""
    return [row for file in files for row in json.loads(file.read_text(encoding="utf-8"))["rows"]]


def draw(rows: Rows, out: Path) -> None:
    """Four panels with common sizes below."""
    mpl.rcParams.update({"font.size": 10, "svg.fonttype": "none", "svg.hashsalt": "navsearch", "axes.axisbelow": True})
    figure, grid = plt.subplots(2, 2, figsize=(10, 7.4), sharex=True, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.12)
    for axes, (measure, title, unit) in zip(grid.flat, PANELS, strict=True):
        _panel(axes, [row for row in rows if row["measure"] == measure], unit)
        axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
    for axes in grid[-1]:
        axes.set_xlabel("records in the catalog")
    lines = {label: line for axes in grid.flat for line, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.legend(lines.values(), lines.keys(), loc="outside lower center", ncols=len(lines), frameon=False)
    figure.savefig(out, dpi=150, metadata={"Date": None} if out.suffix == ".svg" else None)


def _panel(axes: Any, rows: Rows, unit: str) -> None:
    for tool, style in STYLES.items():
        own = sorted((row for row in rows if row["tool"] == tool), key=lambda row: row["size"])
        if own:
            _line(axes, own, NAMES.get(tool, tool), style)
    axes.set(xscale="log", yscale="log")
    axes.grid(visible=True, which="major", color="#e3e3e3", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_major_locator(FixedLocator(_ticks(rows, unit)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _written(value, unit)))
    axes.yaxis.set_minor_locator(NullLocator())


def _line(axes: Any, rows: Rows, label: str, style: Mapping[str, Any]) -> None:
    middle = [row["median"] for row in rows]
    reach = [[row["median"] - row["min"] for row in rows], [row["max"] - row["median"] for row in rows]]
    axes.errorbar([row["size"] for row in rows], middle, yerr=reach, label=label, **{"capsize": 2, "markersize": 5, **style})


def _ticks(rows: Rows, unit: str) -> Sequence[float]:
    wide, between = TICKS[unit]
    narrow = bool(rows) and max(row["max"] for row in rows) < NARROW * min(row["min"] for row in rows)
    return sorted((*wide, *between)) if narrow else wide


def _written(value: float, unit: str) -> str:
    scale, name = next((u for u in UNITS[unit] if value >= u[0]), UNITS[unit][-1])
    return f"{value / scale:.3g} {name}"


def main() -> None:
    """Draw what the command line names."""
    parser = argparse.ArgumentParser(description="Draw cost against size.")
    parser.add_argument("results", nargs="+", type=Path, help="files that peers.py wrote with --sizes")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "cost.svg", help="an .svg or .png file")
    given = parser.parse_args()
    draw(read(given.results), given.out)


if __name__ == "__main__":
    main()
