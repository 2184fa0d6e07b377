"""The benchmark as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from experiments.bench.phases import PHASES

REFERENCES = ("minigrad-compiled", "minigrad-level")
PEERS = {"torch": "PyTorch", "dynet": "DyNet"}


def as_text(document: dict[str, Any]) -> str:
    """Return the tables and notes for a measured document."""
    parts = [
        _machine(document["machine"]),
        _rows(document["rows"]),
        "What the time of a compiled step goes to (µs per inner node):\n" + _breakdown(document["breakdown"]),
        "Every cell for trees, compiled (the last column is its share of the peak over the RLSTM's):\n"
        + _cells(document["cells"]),
        _chains(document["chains"]),
        "Training with a class at every node, as `sentiment` does (trees of 2 to 36 words):\n"
        + _sentiment(document["sentiment"]),
        "Memory of a process (MB):\n" + _memory(document["memory"]),
        "Time per node as the graph grows (µs):\n" + _growth(document["growth"]),
        _startup(document["import"], document["compile"], document["first_use"]),
    ]
    for prefix, peer in PEERS.items():
        if not any(row["system"].startswith(prefix) for row in document["rows"]):
            parts.append(f'{peer} is not installed, so its rows are missing: pip install -e ".[bench]"')
    return "\n\n".join(parts + _noise(document["machine"]))


def passes_as_text(document: dict[str, Any]) -> str:
    """Return the table of ``--passes``."""
    machine, lines = document["machine"], []
    whole = {_config(e): e["us_per_node"] for e in reversed(document["passes"])}  # of each, the first entry
    for entry in document["passes"]:
        time, config = entry["us_per_node"], _config(entry)
        share = f"{time / whole[config]:.2f}"
        lines.append((*config, entry["variant"], f"{time:.2f}", f"{time - whole[config]:+.2f}", share))
    header = ("cell", "lengths", "batch", "compiled with", "µs per inner node", "more", "× all")
    return "\n\n".join([machine["processor"], table(header, lines, numbers=3), *_noise(machine)])


def _noise(machine: dict[str, Any]) -> list[str]:
    if machine["quiet"]:
        return []
    return ["Warning: other work was running on this machine; trust the ratios more than the times."]


def table(header: Iterable[str], lines: Iterable[Iterable[str]], numbers: int = 2) -> str:
    """Set cells in columns, the last `numbers` of them flush right."""
    cells = [list(header), *map(list, lines)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    flush_right = len(widths) - numbers
    return "\n".join(
        "  ".join(
            text.rjust(width) if k >= flush_right else text.ljust(width)
            for k, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    )


def _machine(machine: dict[str, Any]) -> str:
    names = ("python", "numpy", "numba", "torch", "dynet")
    versions = ", ".join(f"{name} {machine[name]}" for name in names if machine[name])
    threads = "one thread each" if machine["threads"] else "threads not verified, for want of threadpoolctl"
    return (
        f"{machine['processor']}, {machine['cores']} cores, "
        f"load {machine['load_before']} before, {machine['load_after']} after\n"
        f"{versions}, {machine['blas']}; {threads}\n"
        f"Multiply-adds on registers, float32, one thread: {machine['fma_peak_gflops']:.0f} GFLOP/s, the peak"
    )


def _rows(rows: list[dict[str, Any]]) -> str:
    times = {(row["system"], *_config(row)): row["us_per_node"] for row in rows}
    lines = []
    for row in rows:
        time, config = row["us_per_node"], _config(row)
        ratios = [f"{time / times[name, *config]:.2f}" for name in REFERENCES]
        lines.append((*config, row["system"], f"{time:.2f}", f"{row['peak_share']:.1%}", *ratios))
    header = ("cell", "lengths", "batch", "system", "µs per inner node", "of peak", "× compiled", "× level")
    return table(header, lines, numbers=4)


def _config(row: dict[str, Any]) -> tuple[str, str, str]:
    low, high = row["lengths"]
    return row["cell"], f"{low}–{high}", str(row["batch"])


def _breakdown(entries: list[dict[str, Any]]) -> str:
    lines = [(*_config(entry), *(f"{entry[phase]:.3f}" for phase in PHASES)) for entry in entries]
    return table(("cell", "lengths", "batch", *PHASES), lines, numbers=len(PHASES))


def _cells(entries: list[dict[str, Any]]) -> str:
    lines = [
        (*_config(e), f"{e['us_per_node']:.2f}", f"{e['peak_share']:.1%}", f"{e['of_rlstm']:.2f}")
        for e in entries
    ]
    header = ("cell", "lengths", "batch", "µs per inner node", "of peak", "× RLSTM's")
    return table(header, lines, numbers=3)


def _chains(entries: list[dict[str, Any]]) -> str:
    lines = [
        (e["system"], f"{e['ms_per_step']:.2f}", f"{e['peak_share']:.1%}", f"{e['ratio']:.2f}")
        for e in entries
    ]
    about = entries[0]
    return (
        f"A training step of an {about['cell']} over {about['chains']} chains of {about['steps']} words, "
        f"D {about['D']}:\n" + table(("system", "ms", "of peak", "× compiled"), lines, numbers=3)
    )


def _sentiment(entries: list[dict[str, Any]]) -> str:
    lines = [
        (e["cell"], str(e["D"]), str(e["batch"]), e["mode"], f"{e['trees_per_second']:,}") for e in entries
    ]
    return table(("cell", "D", "batch", "mode", "trees per second"), lines, numbers=1)


def _memory(entries: list[dict[str, Any]]) -> str:
    def text(megabytes: float | None) -> str:
        return "unknown" if megabytes is None else f"{megabytes:.0f}"

    lines = [(entry["system"], text(entry["before_mb"]), text(entry["peak_mb"])) for entry in entries]
    return table(("of", "before training", "peak"), lines)


def _growth(entries: list[dict[str, Any]]) -> str:
    largest = {entry["what"]: entry["us_per_node"] for entry in entries}  # of each, the last entry
    lines = []
    for entry in entries:
        time, ratio = entry["us_per_node"], entry["us_per_node"] / largest[entry["what"]]
        lines.append((entry["what"], f"{entry['nodes']:,}", f"{time:.2f}", f"{ratio:.2f}"))
    return table(("of", "nodes", "µs per node", "× largest"), lines, numbers=3)


def _startup(imports: dict[str, float], compiling: dict[str, float], first_use: dict[str, Any]) -> str:
    uses = []
    for caches, times in first_use.items():
        whole = times["cell_s"] + times["rest_s"]
        uses.append(
            f"{whole:.1f} s with a {caches.replace('_', ' ')} "
            f"({times['cell_s']:.2f} s the cell, {times['rest_s']:.2f} s the rest of a step)"
        )
    return (
        f"import minigrad {imports['minigrad_s']:.2f} s, import numba {imports['numba_s']:.2f} s\n"
        "A process's first RLSTM step in mode level:\n"
        f"  {compiling['first_step_compiling_s']:.1f} s when it compiles, "
        f"{compiling['first_step_cached_s']:.2f} s from Numba's cache; "
        f"the next {compiling['second_step_s']:.3f} s\n"
        f"First use of a compiled RLSTM:\n  {uses[0]}\n  {uses[1]}\n"
        f"  the next step {first_use['warm_cache']['next_step_s']:.4f} s"
    )
