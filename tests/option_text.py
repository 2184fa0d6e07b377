"""The options of a program's commands as text: names, types, defaults, choices and help, a line each."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from viz.command_line import _parser

ROOT = Path(__file__).parent.parent


def option_text(module_of: Callable[[str], str], commands: Mapping[str, str], command: str) -> str:
    """Return the text; that which argparse prints differs between versions of Python."""
    (subparsers,) = (
        action
        for action in _parser("prog", "", module_of, commands, [command])._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    parser = subparsers.choices[command]
    lines = [f"{command}: {commands[command]}", "", str(parser.description).strip(), ""]
    for action in parser._actions:
        names = ", ".join(action.option_strings) or action.dest
        kind = type(action).__name__.strip("_").removesuffix("Action")
        told = {
            "kind": kind, "to": action.dest, "metavar": action.metavar, "nargs": action.nargs,
            "const": action.const, "default": action.default, "choices": action.choices and [*action.choices],
            "required": action.required or None, "type": action.type and _name(action.type),
        }  # fmt: skip
        said = " ".join(f"{name}={_value(value)}" for name, value in told.items() if value is not None)
        lines += [f"{names}  {said}", f"    {action.help}"]
    groups = [[action.dest for action in group._group_actions] for group in parser._mutually_exclusive_groups]
    return "\n".join([*lines, *(f"one of {names}" for names in groups)])


def _value(value: Any) -> str:
    if isinstance(value, Path) and value.is_relative_to(ROOT):  # wherever that is
        return value.relative_to(ROOT).as_posix()
    return repr(value)


def _name(kind: Any) -> str:
    return str(getattr(kind, "__qualname__", type(kind).__name__))
