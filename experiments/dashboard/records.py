"""What the page is told of a line that training has written: records, plain dicts with a "kind".

Of a run's rows: run, epoch, alert, end. Of looks at it: run, resumed, live, epoch, look, alert, end. Of
files: problem, reset. The page knows nothing else, and nothing of an experiment.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

Record = dict[str, Any]

CONTRACT = 1
ROWS, LOOKS = "rows", "looks"
ALERT = ("rule", "message", "value", "threshold", "node", "op", "parameter")


class ForeignLineError(ValueError):
    """A line that is none of a run's; the text says why."""


def of_row(run: str, row: Any) -> list[Record]:
    """Return what the page is told of a line of ``runs/``.

    Raises
    ------
    ForeignLineError
        If it is no row of a sweep.
    """
    kind = _kind(row)
    if kind == "run":
        settings = row.get("settings") if isinstance(row.get("settings"), dict) else {}
        model = settings.get("model", settings.get("cell"))
        return [_run(run, row, model, ROWS)]
    if kind == "result":
        return [{"kind": "end", "run": run, "why": "finished", "source": ROWS}]
    if "epoch" not in row:
        return []
    ratios = row.get("ratios")
    if isinstance(ratios, dict):  # of one definition, or of several by name
        ratios = ratios.get("post", ratios)
    found = [_epoch(run, row, ratios, ROWS)]
    alerts = row.get("alerts")
    if isinstance(alerts, list):
        found += [_alert(run, alert, ROWS) for alert in alerts if isinstance(alert, dict)]
    return found


def of_look(run: str, line: Any) -> list[Record]:
    """Return what the page is told of a line of ``live/``.

    Raises
    ------
    ForeignLineError
        If it is no look, or one of a contract that is not known here.
    """
    kind = _kind(line)
    if kind == "live":
        if line.get("contract") != CONTRACT:
            raise ForeignLineError(
                f"it follows contract {line.get('contract')!r}, and {CONTRACT} is known here"
            )
        epochs = line.get("epochs")
        if not isinstance(epochs, int):
            raise ForeignLineError("it does not say after how many epochs it begins")
        begun = {"kind": "resumed", "run": run, "epochs": epochs}
        return [_run(run, line, line.get("model"), LOOKS), begun, {**line, "run": run}]
    if kind == "epoch":
        return [_epoch(run, line, line.get("by_depth"), LOOKS)]
    if kind == "look":
        return [{**line, "run": run, "by_depth": _medians(line.get("by_depth"))}]
    if kind == "alert":
        return [_alert(run, line, LOOKS)]
    if kind == "end":
        return [{"kind": "end", "run": run, "why": str(line.get("why")), "source": LOOKS}]
    raise ForeignLineError(f"no look has the kind {kind!r}")


def _kind(line: Any) -> str:
    if not isinstance(line, dict) or not isinstance(line.get("kind"), str):
        raise ForeignLineError("it is not a line of minigrad's")
    return line["kind"]


def _run(run: str, line: Mapping[str, Any], model: Any, source: str) -> Record:
    if not isinstance(line.get("name"), str):
        raise ForeignLineError("it names no run")
    known = model if isinstance(model, str) else None
    return {"kind": "run", "run": run, "name": line["name"], "model": known, "source": source}


def _epoch(run: str, line: Mapping[str, Any], ratios: Any, source: str) -> Record:
    number = line.get("epoch")
    if not isinstance(number, int) or number < 0:
        raise ForeignLineError(f"an epoch is a whole number, not {number!r}")
    return {
        "kind": "epoch",
        "run": run,
        "epoch": number,
        "loss": _number(line.get("loss")),
        "accuracy": _number(line.get("dev_accuracy")),
        "by_depth": _medians(ratios),
        "source": source,
    }


def _alert(run: str, alert: Mapping[str, Any], source: str) -> Record:
    epoch, batch = alert.get("epoch"), alert.get("batch")
    if not (isinstance(epoch, int) and isinstance(batch, int)):
        raise ForeignLineError("an alert has an epoch and a batch")
    at = _number(alert.get("at"))
    told = {name: alert[name] for name in ALERT if name in alert}
    about = {"run": run, "epoch": epoch, "batch": batch, "at": at, "source": source}
    return {"kind": "alert", **about, **told}


def _medians(table: Any) -> Record | None:
    """Return depth, count and median of a table of quantiles by depth; None if it is none."""
    if not isinstance(table, dict):
        return None
    columns = [table.get(name) for name in ("depth", "count", "quantiles")]
    if not all(isinstance(column, list) for column in columns):
        return None
    depth, count, quantiles = columns
    assert isinstance(quantiles, list)
    return {"depth": depth, "count": count, "median": [five[len(five) // 2] for five in quantiles]}


def _number(value: Any) -> float | None:
    """Return a number that is finite; None for everything else."""
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if known else None
