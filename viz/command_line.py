"""Commands in files of their own, run by name: what `python -m viz` and `python -m experiments` share."""

from __future__ import annotations

import argparse
import io
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TextIO


class InputError(ValueError):
    """Wrong input from the user; the text says what would be right."""


def run_command(
    prog: str,
    description: str,
    module_of: Callable[[str], str],
    commands: Mapping[str, str],
    argv: Sequence[str] | None = None,
    *,
    failed: tuple[type[Exception], ...] = (),
    wrong: tuple[type[Exception], ...] = (),
) -> int:
    """Parse the arguments, run the command that they name, and return the exit code.

    Parameters
    ----------
    prog, description : str
        For the help of the whole program.
    module_of : function of a command's name
        Returns the name of its module, which has a docstring, the command's help, ``add_arguments(parser)``
        and ``run(args)``, which returns an exit code. Only that of the command that is run is imported.
    commands : mapping from a command's name to one line of help
    argv : sequence of str, optional
        The arguments; those of the process if left out.
    failed, wrong : tuple of exception classes
        Further exceptions that mean that the work failed, or that the input was wrong.

    Returns
    -------
    int
        What the command returned; 2 if `InputError`, a file or a treebank stopped it; 1 if training or
        drawing failed. One message on stderr says why.
    """
    from minigrad.nn import StateError
    from models import ForestError, TreebankError, VocabularyError
    from viz.render import RenderError

    failures: tuple[type[Exception], ...] = (RenderError, *failed)
    mistakes: tuple[type[Exception], ...] = (
        *(OSError, InputError, StateError, ForestError, TreebankError, VocabularyError),
        *wrong,
    )
    argv = sys.argv[1:] if argv is None else argv
    args = _parser(prog, description, module_of, commands, argv).parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        # A letter that the terminal's encoding lacks is printed as its number, as stderr does it.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with notes():
            return int(args.run(args))
    except failures as error:
        code, message = 1, str(error)
    except mistakes as error:
        code, message = 2, _message(error)
    print(f"{prog}: {message}", file=sys.stderr)  # noqa: T201
    return code


@contextmanager
def notes() -> Iterator[None]:
    """Print what is strange about a file as one line on stderr, without the line of code that noticed it."""
    from models import TreebankWarning, VectorsWarning
    from viz.glyphs import GlyphWarning
    from viz.reading import with_options

    with warnings.catch_warnings():
        show = warnings.showwarning

        def tell(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if issubclass(category, (GlyphWarning, TreebankWarning, VectorsWarning)):
                prefix = "vectors-" if issubclass(category, VectorsWarning) else ""
                print(f"note: {with_options(str(message), prefix)}", file=sys.stderr)  # noqa: T201
            else:
                show(message, category, filename, lineno, file, line)

        warnings.showwarning = tell
        yield


def _message(error: Exception) -> str:
    """Return the message of an error; for an OSError the file and the reason, without its number.

    What is advised of a treebank or of word vectors is told in options of the command line.
    """
    from models import ForestError, TreebankError, VectorsError
    from viz.reading import with_options

    if isinstance(error, (ForestError, TreebankError)):
        return with_options(str(error))
    if isinstance(error, VectorsError):
        return with_options(str(error), "vectors-")
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    return error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"


class _Help(argparse.RawDescriptionHelpFormatter, argparse.ArgumentDefaultsHelpFormatter):
    """Keeps the lines of a docstring, and shows defaults that mean something."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default is None or action.default is False or action.default == []:
            return action.help
        return super()._get_help_string(action)


def _parser(
    prog: str,
    description: str,
    module_of: Callable[[str], str],
    commands: Mapping[str, str],
    argv: Sequence[str],
) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=prog, description=description)
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = next((arg for arg in argv if not arg.startswith("-")), None)
    for name, text in commands.items():
        command = subparsers.add_parser(name, help=text, formatter_class=_Help)
        if name == chosen:
            module = import_module(module_of(name))
            command.description = module.__doc__
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser
