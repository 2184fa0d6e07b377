"""The benchmark as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

REFERENCE = "minigrad-level"
INSTALL_TORCH = 'PyTorch is not installed, so its rows are missing: pip install -e ".[bench]"'


def as_text(document: dict[str, Any]) -> str:
    """Return the tables and notes for a measured document."""
    parts = [
        _machine(document["machine"]),
        _rows(document["rows"]),
        "Time per node as the graph grows (µs):\n" + _growth(document["growth"]),
        _startup(document["import"], document["compile"]),
    ]
    if not any(row["system"].startswith("torch") for row in document["rows"]):
        parts.append(INSTALL_TORCH)
    if not document["machine"]["quiet"]:
        parts.append("Warning: other work was running on this machine; trust the ratios more than the times.")
    return "\n\n".join(parts)


def table(header: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """Set cells in columns, the last two flush right."""
    cells = [list(header), *map(list, lines)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    flush_right = len(widths) - 2
    return "\n".join(
        "  ".join(
            text.rjust(width) if k >= flush_right else text.ljust(width)
            for k, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    )


def _machine(machine: dict[str, Any]) -> str:
    names = ("python", "numpy", "numba", "torch")
    versions = ", ".join(f"{name} {machine[name]}" for name in names if machine[name])
    threads = "one thread each" if machine["threads"] else "threads not verified, for want of threadpoolctl"
    return (
        f"{machine['processor']}, {machine['cores']} cores, "
        f"load {machine['load_before']} before, {machine['load_after']} after\n"
        f"{versions}, {machine['blas']}; {threads}"
    )


def _rows(rows: list[dict[str, Any]]) -> str:
    reference = {_config(row): row["us_per_node"] for row in rows if row["system"] == REFERENCE}
    lines = []
    for row in rows:
        time, ratio = row["us_per_node"], row["us_per_node"] / reference[_config(row)]
        lines.append((*_config(row), row["system"], f"{time:.2f}", f"{ratio:.2f}"))
    return table(("cell", "lengths", "batch", "system", "µs per inner node", "× minigrad-level"), lines)


def _config(row: dict[str, Any]) -> tuple[str, str, str]:
    low, high = row["lengths"]
    return row["cell"], f"{low}–{high}", str(row["batch"])


def _growth(entries: list[dict[str, Any]]) -> str:
    smallest: dict[str, float] = {}
    lines = []
    for entry in entries:
        first = smallest.setdefault(entry["what"], entry["us_per_node"])
        time = entry["us_per_node"]
        lines.append((entry["what"], f"{entry['nodes']:,}", f"{time:.2f}", f"{time / first:.2f}"))
    return table(("of", "nodes", "µs per node", "× smallest"), lines)


def _startup(imports: dict[str, float], compiling: dict[str, float]) -> str:
    return (
        f"import minigrad {imports['minigrad_s']:.2f} s, import numba {imports['numba_s']:.2f} s\n"
        f"A process's first RLSTM step: {compiling['first_step_compiling_s']:.1f} s when it compiles, "
        f"{compiling['first_step_cached_s']:.2f} s from Numba's cache; "
        f"the next {compiling['second_step_s']:.3f} s"
    )
