"""What the finished runs show, as a page: state of the plan, tables, and the choice once it can be made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from experiments.paper.settings import MODELS
from experiments.paper.why.choice import Accuracies, Scored, scored
from experiments.paper.why.decay import Decay
from experiments.paper.why.decision import Decision, best_cell, decide, own_scores, replaced
from experiments.paper.why.found import Found
from experiments.paper.why.plan import Part, Plan
from experiments.paper.why.sentences import Sentences
from experiments.sweep import Run
from experiments.sweep.wording import median_range, table
from experiments.training.proportion import wilson

SUCCESS = 50.0  # percent of dev from which a run has learned the task
COLLAPSED = 0.1


def page(plan: Plan, found: Found) -> str:
    """Return the page in Markdown."""
    done = finished(plan, found)
    head = [
        "# Why Figure 3 comes out as it does",
        f"Best dev accuracies on data of seed {plan.seed}. {_size(plan)} A run has succeeded with at least "
        f"{SUCCESS:g} % of dev; intervals of proportions are Wilson's, of scores bootstrapped, 95 % both.",
        f"**Partial: {len(done)} of the plan's {len(plan.parts)} parts are finished.**"
        if len(done) < len(plan.parts)
        else "All parts are finished.",
        state(plan, found),
    ]
    return "\n\n".join([*head, *_sections(plan, found, done)]) + "\n"


def state(plan: Plan, found: Found) -> str:
    """Return the parts of the plan as a table, with the CPU-hours they may take and those they took."""
    rows, hours = [], 0.0
    for part in plan.parts:
        runs = stored(part, found)
        used = sum(run.result["timing"]["cpu_seconds"] for run in runs) / 3600
        hours += plan.hours(part)
        most = part.most_runs
        on = ", ".join(sentences.title for sentences in part.sentences)
        rows.append(
            [part.kind, part.model, part.what, on, f"{len(runs)} of {most}",
             f"{plan.hours(part):.2f}", f"{used:.2f}"]
        )  # fmt: skip
    rows.append(["all", "", "", "", f"{len(found.runs)}", f"{hours:.2f}", f"{found.hours:.2f}"])
    head = ["part", "model", "settings", "sentences", "runs, at most", "CPU-hours expected", "used"]
    return table(head, rows)


def stored(part: Part, found: Found) -> list[Any]:
    """Return the finished runs of a part."""
    runs = [run for of in found.of(part.kind, part.model).values() for run in of]
    return [run for run in runs if Sentences.of(run.settings) in part.sentences]


def finished(plan: Plan, found: Found) -> list[Part]:
    """Return the parts of which all runs are there, up to the first of which some are missing."""
    done: list[Part] = []
    for part in plan.parts:
        if any(job.name not in found.runs for job in plan.jobs(part, found)):
            break
        done.append(part)
    return done


def _size(plan: Plan) -> str:
    sizes = plan.size.sizes
    return f"Each dataset has {sizes['train']:,} training and {sizes['dev']:,} dev sentences."


def _sections(plan: Plan, found: Found, done: Sequence[Part]) -> Iterator[str]:
    for model in reversed(MODELS):
        if of := found.of("grid", model):
            yield f"## The grid: {model}"
            yield (
                "Runs that succeeded, of all; the median accuracy of those, and its range. A run has "
                f"collapsed if the median keyword's norm is less than {COLLAPSED:g} of what it was after "
                "another epoch."
            )
            yield _grid([run for runs in of.values() for run in runs])
    complete = [part.model for part in done if part.kind == "final"]
    for model in reversed(MODELS):
        if cells := found.cells("final", model):
            yield f"## The candidates: {model}" + ("" if model in complete else " (partial)")
            yield "Proportion of runs that succeeded, in %, with its interval:"
            yield _proportions(cells)
            yield "Accuracy of the runs that succeeded, median and range:"
            yield _successful(cells)
            if model in complete:
                yield "Scores, the mean over these sentences of the mean over all runs:"
                yield _scores({one.setting.title: one for one in own_scores(found, model)})
    if len(complete) == len(MODELS):
        yield "## The choice"
        yield "\n".join(_choice(form, of) for form, of in decide(found).items())
        yield from _around(plan, found, done)


def _around(plan: Plan, found: Found, done: Sequence[Part]) -> Iterator[str]:
    for part in plan.parts:
        tried = found.accuracies(part.kind, part.model)
        if part.kind in ("grid", "final") or not tried:
            continue
        partial = "" if part in done else " (partial)"
        yield f"## {part.what[0].upper()}{part.what[1:]}: {part.model}{partial}"
        changes = part.settings(found)
        scores = {
            _described(name, changes.get(name, {}), part): scored(name, of) for name, of in tried.items()
        }
        if part.kind == "one":
            base = best_cell(found, part.model)
            there = {on: found.cells("final", part.model)[base][on] for on in part.sentences}
            scores = {f"none ({base.title})": scored("none", there), **scores}
        yield _scores(dict(sorted(scores.items(), key=lambda item: -item[1].score)))
        if part.kind == "challenger" and not partial:
            one = replaced(found, part.model)
            yield "It takes the place of the best cell." if one else "It does not take the best cell's place."


def _described(name: str, changes: Mapping[str, Any], part: Part) -> str:
    if part.kind == "one":
        return name
    return f"{name}: " + ", ".join(f"{key} {value}" for key, value in changes.items())


def collapsed(run: Run) -> bool:
    """Return whether the words of a run have shrunk to a tenth, or less, of what they had."""
    norms = [row["norms"]["keywords"] for row in run.rows]
    return bool(norms) and norms[-1] < COLLAPSED * max(norms)


def _grid(runs: Sequence[Run]) -> str:
    groups: dict[Decay, dict[Sentences, list[Run]]] = {}
    for run in runs:
        of = groups.setdefault(Decay.of(run.settings), {})
        of.setdefault(Sentences.of(run.settings), []).append(run)

    def cell(runs: Sequence[Run]) -> str:
        good = [of for run in runs if (of := 100 * run.result["dev_accuracy"]) >= SUCCESS]
        text = f"{len(good)}/{len(runs)}" + (f": {median_range(good, '{:.0f}', '–')}" if good else "")
        shrunk = sum(map(collapsed, runs))
        return text + (f"; {shrunk} collapsed" if shrunk else "")

    return _by_sentences(groups, cell)


def _proportions(cells: Mapping[Decay, Accuracies]) -> str:
    def cell(values: Sequence[float]) -> str:
        good, n = sum(value >= SUCCESS for value in values), len(values)
        lower, upper = wilson(good, n)
        return f"{100 * good / n:.0f} ({100 * lower:.0f}–{100 * upper:.0f})"

    return _by_sentences(cells, cell)


def _successful(cells: Mapping[Decay, Accuracies]) -> str:
    def cell(values: Sequence[float]) -> str:
        good = [value for value in values if value >= SUCCESS]
        return median_range(good, "{:.1f}", "–") if good else "–"

    return _by_sentences(cells, cell)


def _by_sentences(cells: Mapping[Decay, Mapping[Sentences, Sequence[Any]]], cell: Any) -> str:
    columns = sorted({on for of in cells.values() for on in of})
    rows = [
        [one.title, *(cell(of[on]) if on in of else "" for on in columns)]
        for one, of in sorted(cells.items())
    ]
    return table(["setting", *(on.title for on in columns)], rows)


def _scores(scores: Mapping[str, Scored[Any]]) -> str:
    rows = [[name, f"{one.score:.1f}", f"{one.lower:.1f}–{one.upper:.1f}"] for name, one in scores.items()]
    return table(["setting", "score", "interval"], rows)


def _choice(form: str, of: Decision) -> str:
    own = "; ".join(f"{model} {_told(one)}" for model, one in of.own.items())
    joint = f"one setting for both: {_told(of.joint)}; the two together {_interval(of.pair)}"
    rnn, rlstm = (cell.title for cell in of.chosen)
    chosen = rnn if rnn == rlstm else f"RNN {rnn}; RLSTM {rlstm}"
    return f"- Leaf matrices {form}: {own}; {joint}. **Chosen: {chosen}.**"


def _told(one: Scored[Any]) -> str:
    return f"{one.setting.title}, {_interval(one)}"


def _interval(one: Scored[Any]) -> str:
    return f"{one.score:.1f} ({one.lower:.1f}–{one.upper:.1f})"
