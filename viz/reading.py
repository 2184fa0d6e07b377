"""How a treebank is read: the options of all commands that read trees, and what messages call them."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

import models
from models.blocks import LAYOUTS
from models.lines import Source, source_name

Branching = Literal["left", "right", "balanced"]
Layout = Literal["indented", "paragraphs"]

YES = "yes"  # a switch that is on
_ARGUMENT = re.compile(r"\b(layout|encoding|comments)=(?:'([^']*)')?")
# Advice of the library that has an option on the command line.
_ADVICE = [
    (re.compile(r"models\.(binarise|collapse_unary)\(tree\) "), "--binarise left, right or balanced "),
    (
        re.compile(r"The labels of a Forest are .* tree\.map\(label=lambda.*"),
        "Classes are whole numbers from 0 on, and a node without one has no label: write them so in the file",
    ),
    (
        re.compile(r"models\.read_conllu reads dependencies"),
        "python -m viz and predict read dependencies, from files that are called .conllu",
    ),
    (
        re.compile(r"models\.read_conllu reads (the one .* between tabs)"),
        r"python -m viz and predict read \1, from files that are called .conllu",
    ),
    (
        re.compile(r"are read by read_trees\b"),
        "are in files that are called otherwise, as .txt",
    ),
]


_CONLLU = re.compile(r"\.conllu(\.(gz|bz2|xz))?\Z", re.IGNORECASE)
AnyTree = models.Tree | models.DependencyTree


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a treebank is read.

    Attributes
    ----------
    encoding, layout, comments, strip_traces, strip_functions
        As in `models.read_trees`.
    binarise : "left", "right", "balanced" or None
        How nodes with more than two children are nested in pairs, after those with one child were folded into
        it. None: trees stay as they are.
    """

    encoding: str = "utf-8"
    layout: Layout = "indented"
    comments: str | None = None
    strip_traces: bool = False
    strip_functions: bool = False
    binarise: Branching | None = None

    @classmethod
    def of(cls, args: argparse.Namespace) -> Reading:
        """Return what the options say."""
        return cls(**{field.name: getattr(args, field.name) for field in fields(cls)})

    @classmethod
    def from_told(cls, told: Mapping[str, str]) -> Reading:
        """Return the reading that `told` describes; other entries are left aside."""
        known: dict[str, Any] = {field.name: told[field.name] for field in fields(cls) if field.name in told}
        return cls(
            **{name: value == YES if name.startswith("strip") else value for name, value in known.items()}
        )

    def told(self) -> dict[str, str]:
        """Return what differs from the default, in words, for the settings of a run."""
        usual = asdict(Reading())
        return {
            name: YES if value is True else value
            for name, value in asdict(self).items()
            if value != usual[name]
        }

    def reader(self, source: Source) -> models.TreeReader | models.ConlluReader:
        """Return the trees of a source as they are written; `shaped` nests their nodes.

        A source whose name ends in .conllu, compressed or not, holds dependency trees, of which only the
        encoding can be chosen.
        """
        if _CONLLU.search(source_name(source) or ""):
            return models.read_conllu(source, encoding=self.encoding)
        return models.read_trees(
            source,
            layout=self.layout,
            encoding=self.encoding,
            comments=self.comments,
            strip_traces=self.strip_traces,
            strip_functions=self.strip_functions,
        )

    def shaped(self, tree: AnyTree) -> Any:
        """Return the tree as a binary one, if that is wanted; a dependency tree stays as it is."""
        if self.binarise is None or isinstance(tree, models.DependencyTree):
            return tree
        return models.binarise(models.collapse_unary(tree), self.binarise)


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `Reading`."""
    parser.add_argument(
        "--encoding", type=encoding, default="utf-8", metavar="NAME", help="of files of trees"
    )
    parser.add_argument(
        "--layout",
        choices=list(LAYOUTS),
        default="indented",
        help="how the trees of a file are told apart: by the indentation of inner lines, or by blank lines",
    )
    parser.add_argument(
        "--comments",
        type=_mark,
        metavar="MARK",
        help="pass over the lines of a file that begin with this, as ;",
    )
    parser.add_argument(
        "--strip-traces",
        action="store_true",
        help="remove leaves where no word is written, as (-NONE- *T*-1)",
    )
    parser.add_argument(
        "--strip-functions",
        action="store_true",
        help="cut labels such as NP-SBJ-1 to their categories, as NP",
    )
    parser.add_argument(
        "--binarise",
        choices=get_args(Branching),
        help="fold nodes with one child into it, and nest more than two in pairs: models need binary trees",
    )


def with_options(message: str, prefix: str = "") -> str:
    """Return a message of the library with the options of the command line for its arguments.

    `prefix`: what their names begin with.
    """
    told = _ARGUMENT.sub(lambda m: f"--{prefix}{m[1]} {shlex.quote(m[2] or 'NAME')}", message)
    for argument, option in _ADVICE:
        told = argument.sub(option, told)
    return told


def encoding(text: str) -> str:
    """Read the name of a text encoding."""
    try:
        "".encode(text)
    except LookupError:
        raise argparse.ArgumentTypeError(
            f"there is no text encoding {text!r}; most files are in utf-8"
        ) from None
    return text


def _mark(text: str) -> str:
    try:
        models.read_trees([""], comments=text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text
