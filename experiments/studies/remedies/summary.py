"""The summary: a table and paragraphs, with every number and verdict computed from the rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from experiments.paper.criteria.numbers import spearman
from experiments.paper.data import CLASSES
from experiments.studies.remedies.found import Found, found
from experiments.studies.remedies.settings import DEEP
from experiments.studies.runs import Runs
from experiments.sweep.wording import in_range, listed, table, two_digits, verdict
from minigrad.monitor import Vanishing

ERRORS = 3.0  # standard errors above guessing at which an accuracy counts as better
TRAINED = 80.0  # test accuracy in percent at which a model counts as trained
DEPTH = 10  # keyword depth at which trees and chains are compared
MATES = {"RNN": ("Elman",), "RLSTM": ("LSTM", "GRU")}


def summary(runs: Runs) -> str:
    """Return table and paragraphs, in Markdown."""
    of = found(runs)
    guess = better_than_guessing(runs[0].settings["sizes"]["test"])
    parts = [_table(of), _accuracies(of, guess), _ratio_and_accuracy(of), _monitor(of), _chains(of)]
    return "\n\n".join(part for part in parts if part)


def better_than_guessing(sentences: int) -> float:
    """Return the accuracy in percent above which a model is better than guessing, by its test sentences."""
    p = 1 / CLASSES
    return 100 * (p + ERRORS * math.sqrt(p * (1 - p) / sentences))


def _table(of: Mapping[str, Found]) -> str:
    head = (
        "| | test accuracy, %: median (range) | training loss, last epoch "
        f"| median ratio at depth ≥ {DEEP}: before training | epoch 1 | last epoch "
        "| rule of vanishing fired: runs, epochs | over the trained model |\n"
        "|---|---:|---:|---:|---:|---:|---|---:|"
    )
    lines = []
    for f in sorted(of.values(), key=lambda f: -f.accuracy):
        spread = in_range(f.accuracy, f.accuracies, "{:.1f}", "–")
        ratios = [two_digits(f.ratio(epoch)) for epoch in (0, 1, -1)]
        fired = f"{f.fired} of {len(f.runs)}" + (f", {_epochs(f.epochs_of_alerts)}" if f.fired else "")
        after = f"{f.fired_trained} of {len(f.runs)}"
        lines.append([f.title, spread, f"{f.loss:.2f}", *ratios, fired, after])
    return table(head, lines)


def _accuracies(of: Mapping[str, Found], guess: float) -> str:
    others = [f for f in of.values() if f.remedy not in ("RNN", "RLSTM") and f.kind == "trees"]
    always = [f for f in others if min(f.accuracies) > guess]
    sometimes = [f for f in others if f not in always and max(f.accuracies) > guess]
    never = [f for f in others if max(f.accuracies) <= guess]
    return (
        f"**Accuracy.** Guessing is {100 / CLASSES:g} %; above {guess:.1f} % ({ERRORS:g} standard errors) an "
        f"accuracy is better. {_of(of, 'RNN', 'The plain RNN has', guess)} "
        f"{_of(of, 'RLSTM', 'The RLSTM has', guess)} Over trees, better than guessing in every run: "
        f"{_names(always)}; in some: {_names(sometimes)}; in none: {_names(never)}."
    )


def _of(of: Mapping[str, Found], name: str, words: str, guess: float) -> str:
    if name not in of:
        return ""
    accuracies = of[name].accuracies
    better = sum(accuracy > guess for accuracy in accuracies)
    return f"{words} {of[name].accuracy:.1f} % (better than guessing in {better} of {len(accuracies)} runs)."


def _ratio_and_accuracy(of: Mapping[str, Found]) -> str:
    trees = [f for f in of.values() if f.kind == "trees"]
    lines = []
    for words, epoch in (("in epoch 1", 1), ("in the last epoch", -1)):
        pairs = [(f.ratio(epoch), f.accuracy) for f in trees if not math.isnan(f.ratio(epoch))]
        rho = spearman([ratio for ratio, _ in pairs], [accuracy for _, accuracy in pairs])
        if not math.isnan(rho):
            lines.append(f"{rho:.2f} {words}")
    if not lines:
        return ""
    return (
        "**Does a gradient that arrives mean success?** Spearman's correlation of the median ratio at depth "
        f"≥ {DEEP} with the accuracy, over the {len(trees)} settings that read trees: {', '.join(lines)}. A "
        "low training loss beside an accuracy of guessing is learning by heart."
    )


def _monitor(of: Mapping[str, Found]) -> str:
    rule = Vanishing(min_depth=DEEP)
    text = [
        f"**The monitor.** The rule of vanishing fires where the median ratio of {rule.min_count} keywords "
        f"at depth {DEEP} and below is under {rule.threshold:g} {rule.patience} times in a row; it looks at "
        "every minibatch."
    ]
    if rnn := of.get("RNN"):
        under = [k for k in range(max(len(run.rows) for run in rnn.runs)) if rnn.ratio(k) < rule.threshold]
        text.append(
            f"It fires on the plain RNN: {verdict(rnn.fired == len(rnn.runs))} ({rnn.fired} of "
            f"{len(rnn.runs)} runs, {_epochs(rnn.epochs_of_alerts)}). Over all of an epoch's keywords the "
            f"median, {two_digits(rnn.ratio(0))} before training, is under the threshold in {_epochs(under)} "
            f"and {two_digits(rnn.ratio(-1))} in the last; over the RNN with the weights of its best epoch "
            f"({', '.join(str(run.result['best_epoch']) for run in rnn.runs)}) the rule fires in "
            f"{rnn.fired_trained} of {len(rnn.runs)} runs. It tells whether gradients arrive, "
            "not whether the model learns from them."
        )
    if rlstm := of.get("RLSTM"):
        text.append(_on_rlstm(rlstm))
    return " ".join([*text, f"It never fires on: {_names(f for f in of.values() if not f.fired)}."])


def _on_rlstm(rlstm: Found) -> str:
    runs = len(rlstm.runs)
    told = [run.result["trained"] for run in rlstm.runs if 100 * run.result["test_accuracy"] >= TRAINED]
    during = f"While the RLSTM learned it fired in {rlstm.fired} of {runs} runs" + (
        f", {_epochs(rlstm.epochs_of_alerts)}." if rlstm.fired else "."
    )
    if not told:
        return f"{during} No run of it reached {TRAINED:g} %, so what the rule says then is not known."
    silent = all(one["verdicts"] and not one["alerts"] for one in told)
    return (
        f"{during} It stays silent for a trained RLSTM: {verdict(silent)} (the best epoch's weights over "
        f"the training sentences, {sum(one['verdicts'] for one in told)} windows, in the {len(told)} of "
        f"{runs} runs with a test accuracy from {TRAINED:g} % on)."
    )


def _chains(of: Mapping[str, Found]) -> str:
    lines = []
    for tree, mates in MATES.items():
        for mate in mates:
            if tree in of and mate in of:
                a, b = of[tree], of[mate]
                lines.append(
                    f"{a.title} over trees {a.accuracy:.1f} %, {b.title.split(',')[0]} over chains "
                    f"{b.accuracy:.1f} % (median ratio at depth {DEPTH} in the last epoch "
                    f"{two_digits(a.ratio_at(DEPTH))} and {two_digits(b.ratio_at(DEPTH))})"
                )
    if not lines:
        return ""
    deep = {f.kind: f.middle_depths() for f in of.values()}
    return (
        f"**Trees against chains.** The same sentences: {'; '.join(lines)}. In a chain a keyword's depth is "
        f"the number of words read after it: {deep['chains']} in the middle half of the sentences; in the "
        f"trees it is {deep['trees']}."
    )


def _names(of: Iterable[Found]) -> str:
    return listed(f.title for f in of)


def _epochs(epochs: Sequence[int]) -> str:
    """Return epochs as text, successive ones as a range."""
    if not epochs:
        return "no epoch"
    ranges: list[list[int]] = []
    for epoch in epochs:
        if ranges and epoch == ranges[-1][1] + 1:
            ranges[-1][1] = epoch
        else:
            ranges.append([epoch, epoch])
    told = ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in ranges)
    return f"{'epoch' if len(epochs) == 1 else 'epochs'} {told}"
