"""The summary in Markdown, with every number and verdict computed from the rows."""

from __future__ import annotations

import numpy as np

from experiments.studies.count.figures import longest_reach
from experiments.studies.count.perform import CELLS
from experiments.studies.count.task import LANGUAGES, WRITTEN
from experiments.studies.runs import Runs, by, chosen
from experiments.sweep import Run
from experiments.sweep.wording import alerts_in_words, median_range, percent_range, table, verdict


def summary(runs: Runs) -> str:
    """Return the paragraph, the table and the verdicts."""
    longest, tested = (runs[0].settings[name] for name in ("longest", "tested"))
    of_language = by(runs, "language", LANGUAGES)
    kinds = [own for of in of_language.values() for own in by(of, "cell", CELLS).values()]
    head = (
        f"| language | cell | reach | accepted to n = {longest}, % | beyond, % | loss on dev | alerts |\n"
        "|---|---|---:|---:|---:|---:|---|"
    )
    compared = [_compared(own, language) for language, own in of_language.items()]
    return "\n".join(
        [
            f"Trained on strings with n from 1 to {longest}, tested on every n up to {tested}. A string is "
            "accepted if every symbol from the first b on, the end included, is predicted. The reach is the "
            "n up to which all strings are accepted. Medians and ranges of the runs:",
            "",
            table(head, map(_row, kinds)),
            "",
            *map(_generalises, kinds),
            *filter(None, compared),
            *map(_drawn, kinds),
        ]
    )


def within_and_beyond(run: Run) -> tuple[float, float]:
    """Return the fractions of strings accepted: of the lengths of training, and of longer ones."""
    accepts = [int(digit) for digit in run.result["accepted"]]
    longest = run.settings["longest"]
    return float(np.mean(accepts[:longest])), float(np.mean(accepts[longest:]))


def _row(runs: Runs) -> list[str]:
    within, beyond = zip(*map(within_and_beyond, runs), strict=True)
    best = [min(row["dev_loss"] for row in run.rows) for run in runs]
    return [
        WRITTEN[runs[0].settings["language"]],
        runs[0].settings["cell"],
        median_range([run.result["reach"] for run in runs], "{:.0f}"),
        percent_range(within),
        percent_range(beyond),
        median_range(best, "{:.1e}"),
        alerts_in_words(runs),
    ]


def _generalises(runs: Runs) -> str:
    settings = runs[0].settings
    n = sum(run.result["reach"] > settings["longest"] for run in runs)
    return (
        f"- {settings['cell']} accepts all {WRITTEN[settings['language']]} beyond the training length, at "
        f"least to n = {settings['longest'] + 1}: {verdict(n == len(runs))} ({n} of {len(runs)} runs)."
    )


def _compared(runs: Runs, language: str) -> str | None:
    """Return which of LSTM and GRU reaches further; None if one of them is missing."""
    lstm, gru = (chosen(runs, cell=cell) for cell in ("LSTM", "GRU"))
    if not lstm or not gru:
        return None
    ours, theirs = (float(np.median([run.result["reach"] for run in own])) for own in (lstm, gru))
    return (
        f"- On {WRITTEN[language]} the LSTM's median reach is larger than the GRU's: "
        f"{verdict(ours > theirs)} ({ours:g} against {theirs:g})."
    )


def _drawn(runs: Runs) -> str:
    """Describe the trace that is drawn: its run, the range of its units, and their speed while a is read."""
    run = longest_reach(runs)
    held = np.array(run.result["trace"])
    read = held[: run.settings["traced"]]  # one state per a
    speed = np.abs(read[-1] - read[0]).max() / (len(read) - 1)
    return (
        f"- The traces of {run.settings['cell']} on {WRITTEN[run.settings['language']]} are those of run "
        f"{run.settings['run']}, with the longest reach ({run.result['reach']}): values from "
        f"{held.min():.1f} to {held.max():.1f}; its fastest unit moves by "
        f"{speed:.3f} per a, on average over {len(read)} a."
    )
