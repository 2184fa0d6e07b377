"""Print every operation with its formula, as Markdown; ``--write`` puts it at the end of README.md.

What is printed comes from the docstrings.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from minigrad.ops import FILES

README = Path(__file__).with_name("README.md")
HEADING = "## Every operation\n"
HEADER = "| operation | computes | shapes | vjp |\n|---|---|---|---|"


def listing() -> str:
    """Return the tables of all operations, one for each file."""
    parts = [HEADING]
    for file in FILES:
        module = sys.modules[f"minigrad.ops.{file}"]
        about = inspect.getdoc(module) or ""
        rows = [_row(module, name) for name in vars(module) if name in module.__all__]
        parts.append(f"### {file}.py\n\n{_first(about)}\n\n{HEADER}\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _row(module: ModuleType, name: str) -> str:
    function = getattr(module, name)
    documented = _primitive(module, name) or function
    text = inspect.getdoc(documented) or ""
    cells = f"`{_signature(name, function)}`", _first(text), _line(text, "shapes"), f"`{_line(text, 'vjp')}`"
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _primitive(module: ModuleType, name: str) -> Any:
    """Return the primitive that a function of the module checks arguments for; None if there is none."""
    primitives = (f for f in vars(module).values() if hasattr(f, "operation"))
    return next((f for f in primitives if f.operation.name == name), None)


def _signature(name: str, function: Any) -> str:
    parameters = inspect.signature(function).parameters.values()
    plain = [p.replace(annotation=inspect.Parameter.empty) for p in parameters]
    return name + str(inspect.Signature(plain))


def _first(text: str) -> str:
    """Return the first paragraph of a docstring, as one line of Markdown."""
    return text.split("\n\n")[0].replace("\n", " ").replace("``", "`")


def _line(text: str, key: str) -> str:
    found = re.search(rf"^{key}: (.+)$", text, re.MULTILINE)
    assert found, f"a docstring without a line {key}"
    return found.group(1)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        README.write_text(README.read_text(encoding="utf-8").split(HEADING)[0] + listing(), encoding="utf-8")
    else:
        sys.stdout.write(listing())
