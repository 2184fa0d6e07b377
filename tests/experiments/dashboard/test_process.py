"""The server as a process: it ends with the training, its death or sleep ends nothing; the command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from experiments.__main__ import main
from experiments.dashboard.places import RUNS
from experiments.dashboard.process import serving
from tests.experiments.dashboard.test_tail import RUN, _row, _write
from tests.experiments.sweep.process import until

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path):
    _write(tmp_path / RUNS / "a-RNN-1.part", RUN, _row(1))
    return tmp_path


def _get(address):
    with urllib.request.urlopen(address, timeout=20) as answer:
        return answer.read().decode()


def _children():
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == os.getpid() and b"experiments.dashboard.serve" in command:
            found.add(int(entry.name))
    return found


def test_the_page_is_served_while_the_block_runs_and_no_longer(folder, capsys):
    with serving(folder) as address:
        assert capsys.readouterr().err == f"dashboard: {address}\n"
        assert "<h1>Gradients while training</h1>" in _get(address)
        (server,) = _children()
        heavy = {"numpy", "numba", "matplotlib"}
        maps = Path(f"/proc/{server}/maps").read_text()
        assert not any(f"/{name}/" in maps for name in heavy)  # it stays small
    assert not _children()
    with pytest.raises(urllib.error.URLError):
        _get(address)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_server_that_is_killed_or_asleep_ends_nothing(folder, number, monkeypatch):
    monkeypatch.setattr("experiments.dashboard.process.SECONDS_TO_END", 0.3)
    with serving(folder):
        (server,) = _children()
        os.kill(server, number)
    assert not _children()


def test_a_port_that_is_taken_is_a_clear_error(folder):
    with serving(folder) as address:
        port = int(address.split(":")[2].split("/")[0])
        with (
            pytest.raises(OSError, match=f"port {port} can't be used: Address already in use"),
            serving(folder, port),
        ):
            pass


def test_the_command_serves_until_ctrl_c(folder):
    command = [sys.executable, "-m", "experiments", "dashboard", str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert "Gradients while training" in _get(address)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (130, "")


@pytest.mark.slow
def test_the_server_ends_with_the_process_that_started_it(folder):
    code = f"""
import time
from pathlib import Path
from experiments.dashboard.process import serving
with serving(Path({str(folder)!r})) as address:
    print(address, flush=True)
    time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        process.kill()
        process.wait()

    def gone():
        try:
            _get(address)
        except OSError:
            return True
        return False

    until(gone, 20)


@pytest.mark.parametrize("saved", [True, False])
@pytest.mark.parametrize(
    ("name", "message"),
    [("none", "is no folder"), ("other", "no runs/ or"), ("file", "is no folder")],
)
def test_a_folder_of_another_program_is_refused(tmp_path, capsys, name, message, saved):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("")
    (tmp_path / "file").write_text("")
    page = tmp_path / "page.html"
    options = ["--save", str(page)] if saved else []
    assert main(["dashboard", str(tmp_path / name), *options]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not page.exists()


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_a_wrong_port_is_refused(folder, capsys, port):
    with pytest.raises(SystemExit, match="2"):
        main(["dashboard", str(folder), "--port", port])
    assert "a port is" in capsys.readouterr().err


def test_the_page_is_saved(folder, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert main(["dashboard", str(folder), "--save", str(page)]) == 0
    assert capsys.readouterr().out == f"{page}\n"
    assert '"name":"a/RNN/1"' in page.read_text(encoding="utf-8")
    assert main(["dashboard", str(folder), "--save", str(tmp_path / "no" / "page.html")]) == 2
