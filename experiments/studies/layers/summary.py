"""The summary in Markdown, with every number and verdict computed from the rows."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.studies.layers.bilm import DIRECTIONS
from experiments.studies.layers.reading import SIDES, best_layer
from experiments.studies.layers.settings import PREDICTIONS
from experiments.studies.layers.tasks import TASKS
from experiments.studies.layers.units import DROP, KINDS
from experiments.studies.runs import Runs
from experiments.sweep.wording import alerts_in_words, counted, median_range, percent_range, table, verdict

SIGMAS = 2  # standard errors that a loss may be below the source's


def summary(runs: Runs) -> str:
    """Return what was expected and whether it holds, then all tables."""
    settings = runs[0].settings
    entropy, length = settings["entropy"], settings["length"]
    return "\n\n".join(
        [
            f"The grammar has {entropy:.4f} bits per string and {length:.3f} words, "
            f"{entropy / (length + 1):.4f} bits for each word and the end. {settings['layers']} layers of "
            f"{settings['cell']}, D {settings['D']}, in each direction; {counted(len(runs))}, each with "
            "strings, weights and order of its own; medians and ranges of the runs.",
            "\n".join(verdicts(runs)),
            loss_table(runs),
            class_table(runs),
            probe_table(runs, "after"),
            probe_table(runs, "before"),
            weight_table(runs),
            unit_table(runs),
            together_table(runs),
            f"Alerts in training: {alerts_in_words(runs)}.",
        ]
    )


def verdicts(runs: Runs) -> Iterator[str]:
    """Return the predictions and musts, each with its verdict and the number that decides it."""
    found = [run.result["loss"][name] for run in runs for name in DIRECTIONS]
    count = f"{counted(len(runs))} of both directions"
    most = PREDICTIONS["percent_above"]
    worst = max(
        100 * run.result["loss"][name]["above"] / run.settings["entropy"]
        for run in runs
        for name in DIRECTIONS
    )
    yield (
        f"- On test strings the model needs at most {most:g} % of the grammar's entropy above the source: "
        f"{verdict(worst <= most)} (at most {worst:.2f} % in {count})."
    )
    points, task = min(
        (100 * (own["mix"] - best_layer(own)), task)
        for run in runs
        for task, own in run.result["probes"]["after"].items()
    )
    least = PREDICTIONS["mix_below_best"]
    yield (
        f"- In every task the mix is at least as good as the run's best single layer less {least:g} points: "
        f"{verdict(points >= -least)} (at worst {points:+.2f} points, “{task}”)."
    )
    drop = PREDICTIONS["unit_drop"]
    lost = [100 * run.result["units"]["forward"]["units"][0]["judged"]["attractor"] for run in runs]
    shown = ", ".join(f"{points:.1f}" for points in lost)
    yield (
        f"- Clamping the forward unit that counts most costs {drop:g} points of agreement across an "
        f"attractor: {verdict(min(lost) >= drop, max(lost) >= drop)} ({shown})."
    )
    lowest = min(own["above"] / own["error"] for own in found)
    yield (
        f"- Must: no loss is more than {SIGMAS} standard errors below the source's own on the same strings: "
        f"{verdict(lowest >= -SIGMAS)} (the lowest is {lowest:+.1f} standard errors from it)."
    )
    hidden = max(run.result["seen"][name]["unseen"] for run in runs for name in DIRECTIONS)
    pairs = sum(run.result["seen"][name]["pairs"] for run in runs for name in DIRECTIONS)
    seen = min(run.result["seen"][name]["least"] for run in runs for name in DIRECTIONS)
    yield (
        "- Must: the derivative of a loss by a word that the direction has yet to predict is exactly 0: "
        f"{verdict(hidden == 0)} (largest {hidden:g} in {pairs:,} pairs; of the others the least {seen:.1g})."
    )


def loss_table(runs: Runs) -> str:
    """Return a table of the losses on test."""
    rows = []
    for name in DIRECTIONS:
        for run in runs:
            own = run.result["loss"][name]
            rows.append(
                [
                    f"{name}, run {run.settings['run']}",
                    *(f"{own[key]:.3f}" for key in ("bits", "source", "above", "error")),
                    f"{100 * own['above'] / run.settings['entropy']:.2f}",
                ]
            )
    head = [
        "bits per string of test", "model", "source, same strings", "difference", "its standard error",
        "% of the entropy",
    ]  # fmt: skip
    return table(head, rows)


def class_table(runs: Runs) -> str:
    """Return a table of where the model loses: bits per string above the source, by class of the word."""
    rows = [
        [name, *(median_range([run.result["loss"][side]["by_class"][name] for run in runs], "{:+.3f}")
                 for side in DIRECTIONS)]
        for name in runs[0].result["loss"]["forward"]["by_class"]
    ]  # fmt: skip
    return table(["bits above the source by", *DIRECTIONS], rows)


def probe_table(runs: Runs, when: str) -> str:
    """Return a table of all probes, "before" or "after" training."""
    layers = range(1, runs[0].settings["layers"] + 1)
    rows = []
    for name, task in TASKS.items():
        own = [run.result["probes"][when][name] for run in runs]
        rows.append(
            [
                task.words,
                percent_range([of["chance"] for of in own]),
                *(percent_range([run.result["allowed"][name][side] for run in runs]) for side in DIRECTIONS),
                percent_range([of["layers"]["forward"][0] for of in own]),
                *(
                    percent_range([of["layers"][side][layer] for of in own])
                    for side in SIDES
                    for layer in layers
                ),
                percent_range([of["mix"] for of in own]),
            ]
        )
    head = [
        f"% right, {when} training", "chance", "words so far allow", "words behind allow", "word alone",
        *(f"{side} {layer}" for side in SIDES for layer in layers), "mix",
    ]  # fmt: skip
    return table(head, rows)


def weight_table(runs: Runs) -> str:
    """Return a table of the weights s that the mix gives to the layers."""
    rows = [
        [
            task.words,
            *(
                median_range(
                    [run.result["probes"]["after"][name]["weights"][layer] for run in runs], "{:.2f}"
                )
                for layer in range(runs[0].settings["layers"] + 1)
            ),
        ]
        for name, task in TASKS.items()
    ]
    head = ["weights in the mix", "word", *(f"layer {k + 1}" for k in range(runs[0].settings["layers"]))]
    return table(head, rows)


def unit_table(runs: Runs) -> str:
    """Return a table of the number units of every run."""
    rows = []
    for direction in DIRECTIONS:
        for run in runs:
            own = run.result["units"][direction]
            best, typical = own["units"][0], own["typical"]
            many = sum(lost >= DROP for layer in own["searched"] for lost in layer)
            rows.append(
                [
                    f"{direction}, run {run.settings['run']}",
                    *(f"{100 * own['agreement'][kind]:.1f}" for kind in KINDS),
                    str(many),
                    f"layer {best['layer']}, {best['unit']}",
                    f"{100 * best['searched']:.1f}",
                    *(f"{100 * best['judged'][kind]:.1f}" for kind in KINDS),
                    *(f"{100 * typical['judged'][kind]:.1f}" for kind in KINDS),
                ]
            )
    head = [
        "agreement in %, points lost", "across an attractor", "same number",
        f"units worth {100 * DROP:g} points",
        "unit that counts most", "lost where searched", "lost elsewhere, attractor", "same number",
        "typical unit, attractor", "same number",
    ]  # fmt: skip
    said = (
        "Right is what gives all words of the right number together more probability; chance is 50 %. Units "
        "are ordered by the margin that they cost in one half of the strings, and judged in the other."
    )
    return f"{said}\n\n{table(head, rows)}"


def together_table(runs: Runs) -> str:
    """Return a table of agreement with more and more units clamped at once."""
    sizes = runs[0].result["units"]["forward"]["together"]["units"]
    rows = [
        [
            f"{direction}, {words}",
            *(
                percent_range([run.result["units"][direction]["together"][key][k] for run in runs])
                for k in range(len(sizes))
            ),
        ]
        for direction in DIRECTIONS
        for words, key in (("those that count most", "best"), ("at random", "random"))
    ]
    return table(["agreement across an attractor in %, units clamped at once:", *map(str, sizes)], rows)
