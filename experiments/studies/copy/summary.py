"""What one sees, in Markdown: every number and verdict from the rows."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.studies.copy.figures import cells_of, delays_of, of
from experiments.sweep import Run
from experiments.sweep.wording import alerts_in_words, median_range, verdict

BEATEN = 0.95  # share of a guess's loss below which a run has learned to remember something
SOLVED = 0.99  # fraction of test's symbols said right from which on a run has learned the task
LONG = 100  # delay that an LSTM is expected to solve,
SHORT = 30  # and delay beyond which an Elman network is expected not to beat the guess


def summary(runs: Sequence[Run]) -> str:
    """Return the paragraph and the table."""
    if not runs:
        return "No run is finished."
    settings = runs[0].settings
    symbols, remembered = settings["symbols"], settings["remembered"]
    lines = [
        f"{remembered} symbols are read, each one of {symbols}, then T − 1 blanks and a sign to begin; then "
        "they have to be said in order, and blanks everywhere else. A guess without memory has a loss of "
        f"{remembered} ln {symbols} / (T + {2 * remembered}) nats per position. "
        f"A run beats it if its loss on test is below {BEATEN:g} of that, and solves the task if it says "
        f"{SOLVED:.0%} of test's symbols right. Medians and ranges of the runs:",
        "",
        "| T | cell | loss / guess | symbols right in % | solved | epochs | alerts |",
        "|---:|---|---:|---:|---:|---:|---|",
    ]
    lines += [_row(of(runs, cell, delay)) for delay in delays_of(runs) for cell in cells_of(runs)]
    lines += ["", *_verdicts(runs)]
    return "\n".join(lines)


def share(run: Run) -> float:
    """Return the loss on test as a share of a guess's."""
    return float(run.result["test_loss"] / run.result["guess_loss"])


def solved(run: Run) -> bool:
    """Return whether practically all of test's symbols are said right."""
    return bool(run.result["test_recall"] >= SOLVED)


def beats(run: Run) -> bool:
    """Return whether the run remembers anything that a guess does not know."""
    return share(run) < BEATEN


def _row(runs: Sequence[Run]) -> str:
    if not runs:
        return ""
    first = runs[0]
    cells = [
        str(first.settings["delay"]),
        first.settings["cell"],
        median_range([share(run) for run in runs], "{:.3f}"),
        median_range([100 * run.result["test_recall"] for run in runs], "{:.1f}"),
        f"{sum(map(solved, runs))} of {len(runs)}",
        median_range([run.epochs for run in runs], "{:.0f}"),
        alerts_in_words(runs),
    ]
    return f"| {' | '.join(cells)} |"


def _verdicts(runs: Sequence[Run]) -> list[str]:
    """Return what was expected, and whether it holds."""
    said = []
    if lstm := of(runs, "LSTM", LONG):
        n = sum(map(solved, lstm))
        said.append(
            f"- The LSTM solves a delay of {LONG}: {verdict(n == len(lstm))} ({n} of {len(lstm)} runs)."
        )
    if beyond := [run for run in runs if run.settings["cell"] == "Elman" and run.settings["delay"] > SHORT]:
        n = sum(map(beats, beyond))
        said.append(
            f"- An Elman network does not beat a guess beyond a delay of {SHORT}: {verdict(not n)} "
            f"({n} of {len(beyond)} runs beat it)."
        )
    for cell in cells_of(runs):
        reached = [d for d in delays_of(runs) if all(map(solved, of(runs, cell, d)))]
        beaten = [d for d in delays_of(runs) if any(map(beats, of(runs, cell, d)))]
        said.append(
            f"- {cell}: solved in all runs at {_delays(reached)}; "
            f"a guess is beaten in at least one run at {_delays(beaten)}."
        )
    return said


def _delays(delays: Sequence[int]) -> str:
    if not delays:
        return "no delay"
    return f"{'delays' if len(delays) > 1 else 'a delay of'} {', '.join(map(str, delays))}"
