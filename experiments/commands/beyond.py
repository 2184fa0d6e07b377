"""All studies beyond the paper, one after another, and a page that shows them side by side.

Each goes into a folder of its own, as by its own command; README.md beside those folders has the figures and
the summary of each.

example: python -m experiments beyond --scale paper --jobs 2
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Container
from importlib import import_module
from pathlib import Path

from experiments.studies import STUDIES, study
from experiments.sweep.folder import Folder
from experiments.sweep.output import writable_folder, write_text
from experiments.sweep.plan import make_plan

PAGE = "README.md"
_HEADING = re.compile(r"^(?=#+ )", re.MULTILINE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options, which are those of each study."""
    study.add_arguments(parser, "NAME")


def run(args: argparse.Namespace) -> int:
    """Do the studies; return the first exit code that is not 0.

    If a run of one study fails, the others are done all the same.

    Raises
    ------
    SweepError
        If the folder of a study holds runs with other settings; before anything is done.
    """
    out = study.default_folder(args.scale) if args.out is None else args.out
    todo = [(find(name), argparse.Namespace(**{**vars(args), "out": out / name})) for name in STUDIES]
    for each, options in todo:
        make_plan(Folder(options.out), list(each.jobs(args.scale, args.seed, args.runs)), args.overwrite)
    codes: dict[str, int] = {}
    for number, (each, options) in enumerate(todo, 1):
        print(f"{each.name} ({number} of {len(todo)})", flush=True)
        codes[each.name] = each.run(options)
        if not args.dry_run:
            write_page(out, args.scale, failed={name for name, code in codes.items() if code})
        print()
    return next((code for code in codes.values() if code), 0)


def find(name: str) -> study.Study:
    """Import the study of that name and return it."""
    found: study.Study = import_module(f"experiments.studies.{name}").STUDY
    return found


def write_page(out: Path, scale: str, failed: Container[str] = ()) -> None:
    """Write the page of all studies, from the figures and summaries in their folders.

    Parameters
    ----------
    out : Path
        Where their folders are, and the page will be.
    scale : str
    failed : container of str
        Names of studies whose figures and summary, if there are any, are not those of all their runs.
    """
    head = (
        "# Beyond the paper\n\n"
        f"Written by `python -m experiments beyond --scale {scale}`. "
        "A section is what `python -m experiments` and its title draw and say.\n"
    )
    sections = [_section(out / name, name, name in failed) for name in STUDIES]
    write_text(writable_folder(out) / PAGE, "\n".join([head, *sections]))


def _section(folder: Path, name: str, failed: bool) -> str:
    question = (import_module(f"experiments.studies.{name}").__doc__ or "").strip().splitlines()[0]
    title = f"## {name}\n\n{question}\n"
    summary = folder / "summary.md"
    if failed or not summary.exists():
        why = "Some of its runs have failed" if failed else "Not done yet"
        return f"{title}\n{why}; `python -m experiments {name}` goes on with it.\n"
    images = "".join(
        f"![{name}: {path.stem}]({name}/figures/{path.name})\n"
        for path in sorted((folder / "figures").glob("*.png"))
    )
    text = _HEADING.sub("##", summary.read_text(encoding="utf-8"))  # its headings go below this one's
    return f"{title}\n{images}\n{text}"
