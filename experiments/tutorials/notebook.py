"""A tutorial as a Jupyter notebook, with what its cells print and show."""

from __future__ import annotations

import base64
import io
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import v4
from PIL import Image

from experiments.tutorials.page import cells, examples, lines

TIMEOUT = 600  # seconds for a cell, of a busy machine
LOOKS = ("image/png", "text/html")  # of these, what comes first is kept


class TutorialError(RuntimeError):
    """An example failed, or printed something else than its page says."""


def made(path: Path) -> Any:
    """Run a tutorial's examples in Jupyter, and return the notebook.

    Parameters
    ----------
    path : Path
        Of the page.

    Returns
    -------
    nbformat.NotebookNode
        Of a picture it has the PNG, which is also shown where a notebook is not trusted, in 256 colours. What
        is written to stderr, such as that something is being compiled, is left out, and so are times.

    Raises
    ------
    TutorialError
        The text says which example, and what it should have printed.
    """
    text = path.read_text(encoding="utf-8")
    book = v4.new_notebook()
    for number, (kind, source) in enumerate(cells(text), 1):
        new = v4.new_markdown_cell if kind == "markdown" else v4.new_code_cell
        book.cells.append(new(source, id=f"cell-{number}"))
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            book,
            timeout=TIMEOUT,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": folder}},
        )
        try:
            client.execute()
        except CellExecutionError as error:
            raise TutorialError(f"{path.name}: an example failed\n{error}") from None
    run = [cell for cell in book.cells if cell.cell_type == "code"]
    for number, (cell, example) in enumerate(zip(run, examples(text), strict=True), 1):
        cell.outputs = [_tidied(output) for output in cell.outputs if output.get("name") != "stderr"]
        if lines(printed(cell)) != lines(example.output):
            raise TutorialError(
                f"{path.name}: example {number} printed\n{printed(cell)}where the page says\n{example.output}"
            )
    book.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return book


def printed(cell: Any) -> str:
    """Return what a cell printed."""
    return "".join(output["text"] for output in cell["outputs"] if output["output_type"] == "stream")


def write(path: Path) -> Path:
    """Make the notebook of a page beside it; return its path. The exceptions are those of `made`."""
    book = made(path)
    target = path.with_suffix(".ipynb")
    nbformat.validate(book)
    nbformat.write(book, target)
    return target


def _tidied(output: Any) -> Any:
    if "data" not in output:
        return output
    looks = [kind for kind in LOOKS if kind in output.data][:1]
    output.data = {kind: output.data[kind] for kind in (*looks, "text/plain")}
    output.metadata = {kind: output.metadata[kind] for kind in looks if kind in output.metadata}
    if "image/png" in looks:
        output.data["image/png"] = base64.b64encode(
            _smaller(base64.b64decode(output.data["image/png"]))
        ).decode()
    return output


def _smaller(png: bytes) -> bytes:
    """Return a picture with a palette, a third as large: it is kept with the source, in every version."""
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    on_white = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    buffer = io.BytesIO()
    on_white.quantize(256, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
