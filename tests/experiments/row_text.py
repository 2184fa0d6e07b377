"""What a run records, as text with three digits: other processors round the rest differently."""

from __future__ import annotations

from typing import Any

from tests.references import assert_reference


def assert_rows(name: str, recorder: Any) -> None:
    """Compare the rows and the result of a run with ``references/rows-NAME.txt``."""
    lines = [line for row in [*recorder.rows, *recorder.results] for line in _lines(row, "")]
    assert_reference(f"experiments/references/rows-{name}.txt", "\n".join(lines))


def _lines(value: Any, name: str) -> list[str]:
    if isinstance(value, dict):
        inner = [line for key in value if key != "timing" for line in _lines(value[key], f"{name}.{key}")]
        return inner if name else [*inner, ""]
    return [f"{name.removeprefix('.')} = {_text(value)}"]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return f"[{' '.join(map(_text, value))}]"
    return f"{value if abs(value) > 1e-12 else 0:.3g}" if isinstance(value, float) else repr(value)
