"""Decide the paper's 21 claims by stored rows: its sentence, our numbers, and whether it holds."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from experiments.paper import stored
from experiments.paper.criteria import CLAIMS, NO_ROWS, Claim, Decision, Evidence
from experiments.paper.named import Rows
from experiments.paper.settings import SCALES
from experiments.paper.stored import ablation_of, command_line, whose_rows
from experiments.paper.treebank import measure
from experiments.sweep import SweepError
from experiments.sweep.output import writable_folder, write_text
from experiments.sweep.wording import FAILS, HOLDS, PARTLY
from experiments.training.treebank import USUAL
from viz.command_line import InputError
from viz.reading import Reading

TREEBANK = "treebank.json"
LEGEND = "B: best of a dataset's runs, M: their median; in brackets the lowest and the highest run."


def tell(
    out: Path,
    ablate: Path | None = None,
    treebank: Path | None = None,
    json_file: Path | None = None,
    *,
    page: Path | None = None,
    reading: Reading = USUAL,
    write: bool = False,
) -> int:
    """Print the decisions; return the exit code, 2 if there is nothing to decide by.

    Parameters
    ----------
    out : Path
        Where the rows of the three experiments are.
    ablate : Path, optional
        Where those of `ablate` are, if not in its own folder of the same scale.
    treebank : Path, optional
        Folder of the treebank to measure for claim 16; what is found is kept beside the rows.
    json_file : Path, optional
        Where to write the decisions, too.
    page : Path, optional
        Where to write them as a table in Markdown.
    reading : Reading
        How the treebank is read.
    write : bool
        Whether ``claims.md`` and ``claims.json`` are written beside the rows.

    Raises
    ------
    OSError, TreebankError
        The treebank can't be read, or a file can't be read or written.
    SweepError
        There is no folder `out`, or it has rows of another command, or stored rows are damaged.
    """
    if treebank is not None:
        keep_treebank(out, measure(treebank, reading))
    if not out.is_dir():
        raise SweepError(f"no such folder: {out}; make it: {command_line('all', out)}")
    ablate = ablation_of(out) if ablate is None else ablate
    evidence = read(out, ablate)
    if not (evidence.runs.runs or evidence.treebank):
        line = command_line("all", out)
        print(f"minigrad: there are no finished runs in {out}; make them: {line}", file=sys.stderr)
        return 2
    decisions = [(claim, claim.decide(evidence)) for claim in CLAIMS]
    table = partial(as_markdown, evidence=evidence)
    files: dict[Path | None, Callable[..., str]] = {json_file: as_json, page: table}
    if write:
        files |= {out / "claims.json": as_json, out / "claims.md": table}
    for path, of in files.items():
        if path is not None:
            write_text(path, f"{of(decisions)}\n")
    print(as_text(decisions, evidence, out, ablate))
    return 0


def reading(args: argparse.Namespace) -> Reading:
    """Return how the options say that the treebank is read.

    Raises
    ------
    InputError
        If they say so of no treebank.
    """
    found = Reading.of(args)
    if args.treebank is None and (told := found.told()):
        options = ", ".join(f"--{name.replace('_', '-')}" for name in told)
        raise InputError(f"{options}: there is no treebank to read; name its folder with --treebank")
    return found


def keep_treebank(out: Path, measured: dict[str, Any]) -> None:
    """Write what `treebank.measure` returned beside the rows."""
    bank = _bank(out)
    writable_folder(bank.parent)
    write_text(bank, f"{json.dumps(measured, indent=1)}\n")


def read(out: Path, ablate: Path) -> Evidence:
    """Return what is stored in the folders of the experiments and of the ablation."""
    return Evidence(stored.read(out), stored.read(ablate), _treebank(_bank(out)))


def as_json(decisions: list[tuple[Claim, Decision]]) -> str:
    """Return ``[{"id", "verdict", "criterion", "measured"}]``."""
    entries = [
        {"id": c.id, "verdict": d.verdict, "criterion": c.criterion, "measured": d.measured}
        for c, d in decisions
    ]
    return json.dumps(entries, indent=1, ensure_ascii=False)


def as_markdown(decisions: list[tuple[Claim, Decision]], evidence: Evidence) -> str:
    """Return the table for a README."""
    lines = ["| # | the paper says | criterion | measured | verdict |", "|---|---|---|---|---|"]
    for c, d in decisions:
        cells = (str(c.id), f"“{c.sentence}” ({c.where})", c.criterion, d.measured, d.verdict)
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join([*lines, "", f"{tally(decisions)}. {LEGEND}", *caution(evidence)])


def as_text(decisions: list[tuple[Claim, Decision]], evidence: Evidence, out: Path, ablate: Path) -> str:
    """Return the decisions for a terminal."""
    judged = (evidence.runs, out), (evidence.ablation, ablate)
    width = min(shutil.get_terminal_size().columns, 110)
    lines = [whose_rows(of.runs, folder) for of, folder in judged if of.runs] + [""]
    for c, d in decisions:
        lines.append(f"{c.id:>2}  {d.verdict.upper()}")
        parts = {"paper": f"“{c.sentence}” ({c.where})", "criterion": c.criterion, "ours": d.measured}
        if d.command is not None:
            parts["make them"] = command_line(d.command, ablate if d.command == "ablate" else out)
        for name, text in parts.items():
            lines += _paragraph(name, text, width)
        lines.append("")
    return "\n".join([*lines, f"{tally(decisions)}. {LEGEND}", *caution(evidence)])


def tally(decisions: list[tuple[Claim, Decision]]) -> str:
    """Return how many claims have which verdict."""
    counts = Counter(decision.verdict for _, decision in decisions)
    return ", ".join(f"{verdict}: {counts[verdict]}" for verdict in (HOLDS, PARTLY, FAILS, NO_ROWS))


def caution(evidence: Evidence) -> list[str]:
    """Return a line that warns of rows which the criteria are not made for, if they are not."""
    paper, runs = SCALES["paper"], evidence.runs
    trees = {run.settings["sizes"]["train"] for run in runs.runs} - {paper.sizes["train"]}
    if not runs.runs or (not trees and runs.repetitions == paper.runs):
        return []
    sizes = " and ".join(f"{size:,}" for size in sorted(trees or {paper.sizes["train"]}))
    return [
        f"These verdicts say nothing about the paper: the rows are of {sizes} training trees and "
        f"{runs.repetitions} run{'s' * (runs.repetitions != 1)}, the criteria are made for "
        f"{paper.sizes['train']:,} and {paper.runs}."
    ]


def _paragraph(name: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=f"    {name + ':':<11}",
        subsequent_indent=" " * 15,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _bank(out: Path) -> Path:
    named = Rows.of(out)
    return (out if named is None else named.measured_treebank) / TREEBANK


def _treebank(path: Path) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise OSError(f"{path} is no JSON ({error}); make it again with claims --treebank DIR") from None
    return content
