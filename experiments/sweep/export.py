"""All rows of a sweep as one table: a line per epoch and per result, in the order of the names.

Columns: the run's name, the row's kind and epoch, the settings ("settings.lr"), what was measured
("ratios.post.median_from_8"). Lists are JSON. Equal sweeps give equal tables, byte for byte.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from errno import ENOENT
from itertools import chain
from pathlib import Path
from typing import Any

from experiments.sweep.environment import DECISIVE
from experiments.sweep.job import natural_order
from experiments.sweep.output import write_text
from experiments.sweep.rows import Run, finished

FIRST = ("name", "kind", "epoch")


def export(out: Path, csv_file: Path, *, timing: bool = False) -> None:
    """Write the rows of a sweep's folder as a CSV file; warn if the runs were made in different environments.

    Parameters
    ----------
    out : Path
        The sweep's folder.
    csv_file : Path
    timing : bool
        Whether there are columns for what differs each time, such as seconds.

    Raises
    ------
    OSError
        If there are no finished runs, or the file can't be written.
    SweepError
        If stored rows are damaged.
    """
    runs = finished(out)
    if not runs:
        raise OSError(ENOENT, f"no finished runs are in {out}; name a sweep's folder with --out")
    for warning in mixed_environments(runs):
        print(f"warning: {warning}", file=sys.stderr)
    text = as_csv(runs, timing=timing)
    write_text(csv_file, text)
    print(f"{csv_file}: {text.count(chr(10)) - 1} rows of {len(runs)} runs")


def as_csv(runs: Sequence[Run], *, timing: bool = False) -> str:
    """Return all rows of the runs as CSV text."""
    lines = [line for run in runs for line in _lines(run, timing)]
    others = {key for line in lines for key in line} - set(FIRST)
    columns = [*FIRST, *sorted(others, key=_place)]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def mixed_environments(runs: Sequence[Run]) -> list[str]:
    """Return a warning for each difference between the runs that their last bits may depend on."""
    warnings = []
    for key in DECISIVE:
        values = (dict.fromkeys(str(about.get(key)) for about in run.environments) for run in runs)
        counts = Counter(chain.from_iterable(values))
        if len(counts) > 1:
            kinds = ", ".join(f"{value} ({n} runs)" for value, n in counts.most_common())
            warnings.append(f"the runs differ in {key}, so their last bits may: {kinds}")
    return warnings


def _lines(run: Run, timing: bool) -> Iterator[dict[str, str]]:
    settings = dict(_flat("settings", run.settings))
    for row in [*run.rows, run.result]:
        measured = {key: value for key, value in row.items() if timing or key != "timing"}
        yield {"name": run.name, **settings, **dict(_flat("", measured))}


def _place(column: str) -> tuple[bool, list[tuple[bool, int, str]]]:
    """Return a sort key: settings first, "counts.9" before "counts.10"."""
    return not column.startswith("settings."), natural_order(column.replace(".", "/"))


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the cells of a value: those of a dict one by one, anything else as text or JSON."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{prefix}.{key}" if prefix else key, inner)
    elif value is not None:
        yield prefix, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
