"""Code to paste, made from data: what a loss record says and the example tensors of its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

# Where the data do not tell.
_USUAL_CLASSES = 2
USUAL_SIZE = "64, 64"


class Shape(NamedTuple):
    """What example tensors are made for: number of classes (None if unknown) and size of a sample, as "64, 64, 64"."""

    classes: int | None
    size: str


def snippet(told: Mapping[str, str], inputs: Mapping[str, Any], shape: Shape) -> str:
    """Python that defines `loss`, makes example tensors, and takes one backward step. `told` is the `snippet` of a record,
    `inputs` the table it names. Runs where torch and what the code imports are installed."""
    tensors = inputs["tensors"]
    made = [f"{t['name']} = {_filled(t['code'], shape)}  # {t['says']}" for t in tensors]
    call = f"value = loss({', '.join(t['name'] for t in tensors)})"
    code = _filled(told["code"], shape).strip()
    apart = "" if code.startswith(("import ", "from ")) else "\n"
    end = "\n" if code.splitlines()[-1].startswith(" ") else ""  # two lines after a function
    return f"import torch\n{apart}{code}\n\n{end}" + "\n".join([*made, call, "value.backward()"]) + "\n"


def _filled(code: str, shape: Shape) -> str:
    classes = shape.classes or _USUAL_CLASSES
    axes = shape.size.count(",") + 1
    values = {"{classes}": classes, "{channels}": classes + 1, "{size}": shape.size, "{axes}": axes}
    for mark, value in values.items():
        code = code.replace(mark, str(value))
    return code
