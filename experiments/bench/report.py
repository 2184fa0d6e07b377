"""The benchmark as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from experiments.bench.sections import PASSES, SECTIONS
from minigrad.internal.table import aligned

TITLES = {key: title for section in (*SECTIONS, *PASSES) for key, title in section.tells.items()}
HEADERS = {
    "us_per_node": "µs per inner node", "peak_share": "of peak", "trees_per_second": "trees/s", "us": "µs",
    "ratio": "× first", "of_rlstm": "share × RLSTM's", "first_step_s": "first step (s)",
    "second_step_s": "second (s)", "before_mb": "MB before", "peak_mb": "MB at most",
}  # fmt: skip


def as_text(document: dict[str, Any]) -> str:
    """Return the tables and notes for a measured document."""
    machine = document["machine"]
    names = ("python", "numpy", "numba", "torch", "dynet")
    parts = [
        f"{machine['processor']}, {machine['cores']} cores, "
        f"load {machine['load_before']} before, {machine['load_after']} after\n"
        + ", ".join(f"{name} {machine[name]}" for name in names if machine[name])
        + f", {machine['blas']}\n"
        f"one thread, whose peak of multiply-adds on registers is {machine['fma_peak_gflops']:.0f} GFLOP/s"
    ]
    parts += [f"{title}:\n{table(document[key])}" for key, title in TITLES.items() if key in document]
    for name, peer in {"torch": "PyTorch", "dynet": "DyNet"}.items():
        if not machine[name]:
            parts.append(f'{peer} is not installed, so its rows are missing: pip install -e ".[bench]"')
    if not machine["quiet"]:
        parts.append("Warning: other work was running on this machine; trust the ratios more than the times.")
    return "\n\n".join(parts)


def table(entries: Iterable[dict[str, Any]]) -> str:
    """Set entries in columns, numbers flush right."""
    entries = list(entries)
    head = [HEADERS.get(key, key.replace("_", " ")) for key in entries[0]]
    rows = [[_text(key, entry[key]) for key in entries[0]] for entry in entries]
    numbers = [k for k, example in enumerate(entries[0].values()) if not isinstance(example, str)]
    return "\n".join(aligned([head, *rows], right=numbers))


def _text(key: str, value: Any) -> str:
    if isinstance(value, float):
        if key == "peak_share":
            return f"{value:.1%}"
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:#.3g}".rstrip(".")
    if isinstance(value, list):
        return "–".join(f"{each:,}" for each in dict.fromkeys(value))
    return "unknown" if value is None else f"{value:,}" if isinstance(value, int) else value
