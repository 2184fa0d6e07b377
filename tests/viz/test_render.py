import os
import stat
import struct
import subprocess
import sys
import threading

import pytest

from viz.render import LONGEST_SIDE, PNG_DPI, RenderError, render


def png_size(png):
    return struct.unpack(">II", png[16:24])


@pytest.fixture
def without_pygraphviz(monkeypatch):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


@pytest.fixture
def empty_path(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_no_program_is_needed(empty_path):
    assert b"<title>a</title>" in render("digraph { a }", "svg")


@pytest.mark.usefixtures("without_pygraphviz", "empty_path")
def test_without_any_engine_the_error_says_what_helps():
    with pytest.raises(RenderError, match=r"pip install pygraphviz.* \.dot always works"):
        render("digraph { a }", "svg")


@pytest.mark.usefixtures("without_pygraphviz")
@pytest.mark.skipif(os.name == "nt", reason="the stand-in for dot is a shell script")
@pytest.mark.parametrize("fails", [False, True])
def test_without_pygraphviz_the_dot_program_draws(empty_path, fails):
    program = empty_path / "dot"
    end = "echo broken graph >&2; exit 1" if fails else 'echo "$@"; while read l; do echo "$l"; done'
    program.write_text(f"#!/bin/sh\n{end}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    if fails:
        with pytest.raises(RenderError, match="broken graph"):
            render("digraph { a }\n", "svg")
    else:
        assert render("digraph { é }\n", "svg").decode() == "-Kdot -Tsvg\ndigraph { é }\n"


def test_text_that_is_no_graph_is_reported_with_the_reason(capfd):
    with pytest.raises(RenderError, match="syntax error in line 1"):
        render("digraph { a -> }", "svg")
    assert capfd.readouterr().err == ""


def test_an_unknown_format_is_refused():
    with pytest.raises(ValueError, match="svg, png, pdf"):
        render("digraph { a }", "gif")


def test_a_png_is_sharp():
    graph = 'digraph { size="2,2!"; ratio=fill; a }'
    assert png_size(render(graph, "png"))[0] == pytest.approx(2 * PNG_DPI, rel=0.1)


def test_a_png_never_outgrows_what_can_be_drawn():
    graph = "digraph { rankdir=LR; " + " -> ".join(f"n{i}" for i in range(150)) + "}"
    assert max(png_size(render(graph, "png"))) == pytest.approx(LONGEST_SIDE, rel=0.01)


def test_threads_do_not_disturb_each_other():
    failures = []

    def draw(name):
        images = [render(f"digraph {{ {name} }}", "svg") for _ in range(20)]
        failures.extend(i for i in images if f"<title>{name}</title>".encode() not in i)

    threads = [threading.Thread(target=draw, args=(f"t{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_drawing_says_nothing_on_stderr_and_does_without_it():
    program = (
        "import os; from viz.render import render; render('digraph { a }', 'png')\n"
        "os.close(2); print(len(render('digraph { a }', 'svg')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stderr == b""
    assert int(done.stdout) > 100


@pytest.mark.parametrize(
    "engine",
    [
        "Fontconfig warning: old",
        "Warning: no hard-coded metrics for 'DejaVu Sans'",
        "(process:17): Pango-CRITICAL **: 23:31:23.926: assertion failed",
        "Error: out of ink",
    ],
)
def test_stderr_of_others_comes_through_and_that_of_the_engine_does_not(capfd, caplog, engine):
    from viz.messages import engine_messages

    with caplog.at_level("DEBUG", logger="minigrad"), engine_messages() as said:
        os.write(2, f"{engine}\n\nsomething else\n".encode())
    assert said[-1] == "something else"
    assert capfd.readouterr().err == "something else\n"
    logged = [record.getMessage() for record in caplog.records]
    assert logged == ([] if engine.startswith("Fontconfig") else [f"layout engine: {engine}"])
