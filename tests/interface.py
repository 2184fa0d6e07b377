"""Defaults that users rely on, of parameters and of settings, and public constants, beside a reference.

A name that is new stands in no reference yet and may have any default; one that is there changes only on
purpose: ``REWRITE_REFERENCES=1 python -m pytest`` and the room's `test_interface.py`.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

from tests.import_graph import sources
from tests.references import REWRITE, TESTS

ROOT = Path(__file__).parent.parent
TUNED = ("minigrad.kernels", "minigrad.fold.compiler")  # constants there decide the speed, and nothing else
LONGEST = 200  # characters of a value; what is longer is a table, and no default

PLAIN = (
    ast.Constant, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.UnaryOp, ast.BinOp, ast.Name, ast.Attribute,
    ast.operator, ast.unaryop, ast.expr_context,
)  # fmt: skip


def defaults(module: str, source: str) -> Iterator[str]:
    """Yield a line for every default and constant of a module that has a public name, and what a class is."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for call in node.decorator_list:
                if isinstance(call, ast.Call) and call.keywords:  # a dataclass that is frozen, for instance
                    yield f"@{module}.{node.name} = {ast.unparse(call)}"
            for inner in node.body:
                yield from _of(inner, f"{module}.{node.name}", init=True)
        else:
            yield from _of(node, module)


def _of(node: ast.stmt, where: str, init: bool = False) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef):
        if not node.name.startswith("_") or (init and node.name == "__init__"):
            arguments = node.args
            named = [*arguments.posonlyargs, *arguments.args]
            given = named[len(named) - len(arguments.defaults) :]
            for argument, value in [
                *zip(given, arguments.defaults, strict=True),
                *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
            ]:
                if value is not None:
                    yield f"{where}.{node.name}({argument.arg}) = {ast.unparse(value)}"
        return
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    value = getattr(node, "value", None)
    names = [target for target in targets if isinstance(target, ast.Name) and not target.id.startswith("_")]
    if value is None or not names or not all(isinstance(part, PLAIN) for part in ast.walk(value)):
        return
    if init or names[0].id.isupper():
        text = ast.unparse(value)
        if len(text) <= LONGEST:
            yield f"{where}.{names[0].id} = {text}"


def assert_interface(room: str) -> None:
    """Compare the defaults of a room with ``references/interface.txt`` in its tests."""
    found = dict(
        line.split(" = ", 1)
        for module, source in sorted(sources(ROOT, [room]).items())
        if not module.startswith(TUNED)
        for line in defaults(module, source)
    )
    file = TESTS / room / "references" / "interface.txt"
    if os.environ.get(REWRITE):
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(f"{name} = {value}\n" for name, value in found.items()), encoding="utf-8")
    promised = dict(line.split(" = ", 1) for line in file.read_text(encoding="utf-8").splitlines())
    changed = [
        f"{name} = {found.get(name, '(gone)')}, not {value}"
        for name, value in promised.items()
        if found.get(name) != value
    ]
    command = f"{REWRITE}=1 python -m pytest tests/{room}/test_interface.py"
    assert len(promised) > 50
    assert not changed, "\n".join([*changed, f"if that is wanted: {command}"])
