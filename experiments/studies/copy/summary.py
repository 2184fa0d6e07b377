"""The summary in Markdown, with every number and verdict computed from the rows."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.studies.copy.figures import share
from experiments.studies.runs import Runs, by, chosen, values
from experiments.sweep import Run
from experiments.sweep.wording import alerts_in_words, listed, median_range, table, verdict

BEATEN = 0.95  # fraction of a guess's loss below which a run has learned to remember something
SOLVED = 0.99  # fraction of test's symbols said right at which a run has learned the task
LONG = 100  # delay that an LSTM is expected to solve
SHORT = 30  # delay above which an Elman network is expected not to beat the guess
HEAD = """\
| T | cell | loss / guess | symbols right in % | solved | epochs | alerts |
|---:|---|---:|---:|---:|---:|---|"""


def summary(runs: Runs) -> str:
    """Return the paragraph, the table and the verdicts."""
    symbols, remembered = (runs[0].settings[name] for name in ("symbols", "remembered"))
    rows = [
        _row(own, delay, cell)
        for delay in values(runs, "delay")
        for cell, own in by(chosen(runs, delay=delay), "cell").items()
    ]
    return "\n".join(
        [
            f"{remembered} symbols are read, each one of {symbols}, then T − 1 blanks and a sign to begin; "
            "then they have to be said in order, and blanks everywhere else. A guess without memory has a "
            f"loss of {remembered} ln {symbols} / (T + {2 * remembered}) nats per position. "
            f"A run beats it if its loss on test is below {BEATEN:g} of that, and solves the task if it says "
            f"{SOLVED:.0%} of test's symbols right. Medians and ranges of the runs:",
            "",
            table(HEAD, rows),
            "",
            *_verdicts(runs),
        ]
    )


def solved(run: Run) -> bool:
    """Return whether the run has learned the task."""
    return bool(run.result["test_recall"] >= SOLVED)


def beats(run: Run) -> bool:
    """Return whether the run is better than a guess."""
    return share(run) < BEATEN


def _row(runs: Runs, delay: int, cell: str) -> list[str]:
    return [
        str(delay),
        cell,
        median_range([share(run) for run in runs], "{:.3f}"),
        median_range([100 * run.result["test_recall"] for run in runs], "{:.1f}"),
        f"{sum(map(solved, runs))} of {len(runs)}",
        median_range([run.epochs for run in runs], "{:.0f}"),
        alerts_in_words(runs),
    ]


def _verdicts(runs: Runs) -> list[str]:
    """Return the expectations, and whether they hold."""
    said = []
    if lstm := chosen(runs, cell="LSTM", delay=LONG):
        n = sum(map(solved, lstm))
        said.append(
            f"- The LSTM solves a delay of {LONG}: {verdict(n == len(lstm))} ({n} of {len(lstm)} runs)."
        )
    if beyond := [run for run in chosen(runs, cell="Elman") if run.settings["delay"] > SHORT]:
        n = sum(map(beats, beyond))
        said.append(
            f"- An Elman network does not beat a guess beyond a delay of {SHORT}: {verdict(not n)} "
            f"({n} of {len(beyond)} runs beat it)."
        )
    for cell, own in by(runs, "cell").items():
        of_delay = {delay: chosen(own, delay=delay) for delay in values(runs, "delay")}
        reached = [delay for delay, at in of_delay.items() if all(map(solved, at))]
        beaten = [delay for delay, at in of_delay.items() if any(map(beats, at))]
        said.append(
            f"- {cell}: solved in all runs at {_delays(reached)}; "
            f"a guess is beaten in at least one run at {_delays(beaten)}."
        )
    return said


def _delays(delays: Sequence[int]) -> str:
    if not delays:
        return "no delay"
    return f"{'delays' if len(delays) > 1 else 'a delay of'} {listed(map(str, delays))}"
