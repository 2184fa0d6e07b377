"""Decide the paper's 21 claims by stored rows: the paper's sentence, our numbers, and whether it holds."""

from __future__ import annotations

import argparse
from pathlib import Path

from experiments.paper import beside, claims, sweeps
from experiments.paper.named import Rows
from experiments.sweep import arguments
from experiments.sweep.output import write_text
from viz.command_line import InputError
from viz.reading import add_reading


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    where = parser.add_mutually_exclusive_group()
    arguments.add_stored(where)
    sweeps.add_settings(where, "where the rows of these settings are stored")
    where.add_argument(
        "--beside",
        nargs="+",
        type=_rows,
        metavar="NAME[:SEED]",
        help="instead of all this, a table of the verdicts under these settings, side by side",
    )
    arguments.add_seed(parser)
    parser.add_argument(
        "--ablate",
        type=Path,
        metavar="DIR",
        help="where those of ablate are (default: experiments/results/ablate, or ablate-smoke beside smoke)",
    )
    add_treebank(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the decisions there, too")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the table there, too, as Markdown")


def _rows(text: str) -> Rows:
    try:
        return Rows.read(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def add_treebank(parser: argparse.ArgumentParser) -> None:
    """Declare where the treebank of claim 16 is."""
    parser.add_argument(
        "--treebank",
        type=Path,
        metavar="DIR",
        help="folder with train.txt, dev.txt, test.txt of the Stanford Sentiment Treebank, for claim 16; "
        "what is measured is kept beside the rows",
    )
    add_reading(parser)


def run(args: argparse.Namespace) -> int:
    """Print the decisions; return the exit code."""
    reading = claims.reading(args)
    if args.beside:
        others = {
            "--ablate": args.ablate,
            "--treebank": args.treebank,
            "--json": args.json,
            "--seed": args.seed,
        }
        if given := [name for name, value in others.items() if value]:
            raise InputError(f"{', '.join(given)}: not with --beside, which reads the folders that it names")
        text = beside.beside(list(dict.fromkeys(args.beside)))
        if args.page is not None:
            write_text(args.page, f"{text}\n")
        print(text)
        return 0
    where = sweeps.stored_folder(args)
    return claims.tell(where, args.ablate, args.treebank, args.json, page=args.page, reading=reading)
