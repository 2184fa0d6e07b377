"""What the dashboard costs: `python -m tests.experiments.dashboard.measure [cost|page|heap]`, or all three.

Cost: CPU seconds of the demo's trainings with looks and without, in turn, five pairs. Page: sizes, how soon a
row is on the screen, how long 210 runs take to open, what the server weighs. Heap: how much a page grows in
half an hour of two trainings, whose looks are fed as fast as it takes them.
"""

from __future__ import annotations

import experiments.threads  # isort: skip  # noqa: F401  (sets the thread counts before NumPy is loaded)

import contextlib
import io
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import models
from experiments.dashboard.page import save
from experiments.dashboard.places import LIVE, RUNS
from experiments.dashboard.process import serving
from experiments.paper import data, demo
from experiments.sweep.output import RESULTS
from experiments.training import live
from experiments.training.live import watcher
from tests.browser import Browser
from viz.dashboard import dashboard_page

PAIRS, ROWS = 5, 40
MINUTES = 30


def say(text: str) -> None:
    """Print a line."""
    print(text, flush=True)  # noqa: T201


def cost() -> None:
    """Print the CPU time of the demo's trainings with looks, as a share of that without."""
    lengths = data.length_range(demo.DATASET)
    sets = {
        name: data.sentences(np.random.default_rng([0, 0, k]), n, lengths)
        for k, (name, n) in enumerate(demo.SIZES.items())
    }
    looking: list[float] = []
    guarded = live.LiveWatcher._guarded

    def timed(self: live.LiveWatcher, action: Callable[[], None]) -> None:
        start = time.thread_time()
        guarded(self, action)
        looking.append(time.thread_time() - start)

    live.LiveWatcher._guarded = timed  # type: ignore[method-assign]
    for k, name in enumerate(("RNN", "RLSTM")):
        shares, plain, own = [], [], []
        for pair in range(PAIRS + 1):  # the first compiles and loads, and does not count
            seconds = {}
            for seen in (False, True) if pair % 2 else (True, False):
                with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
                    board = live.Board(Path(folder)) if seen else None
                    rng = np.random.default_rng([0, 1, k])
                    looking.clear()
                    start = time.process_time()
                    demo._train(name, models.cell(name), sets, rng, None, board)
                    seconds[seen] = time.process_time() - start
                if seen:
                    spent = sum(looking)
            if pair:
                shares.append(100 * (seconds[True] / seconds[False] - 1))
                plain.append(seconds[False])
                own.append(100 * spent / seconds[False])
        told = ", ".join(f"{share:+.1f}" for share in sorted(shares))
        say(f"{name}: {statistics.median(shares):+.1f} % CPU ({told}) of {statistics.median(plain):.2f} s")
        say(f"{name}: looking itself takes {statistics.median(own):.1f} %, {min(own):.1f} to {max(own):.1f}")


def page() -> None:
    """Print sizes, and how long a browser waits."""
    say(f"page code: {len(dashboard_page().encode()) / 1e3:.0f} kB")
    row = {"kind": "epoch", "loss": 1.0, "dev_accuracy": 0.5, "best": True}
    with tempfile.TemporaryDirectory() as name, Browser() as browser:
        part = Path(name) / RUNS / "a-0.part"
        part.parent.mkdir()
        part.write_text(json.dumps({"kind": "run", "name": "a/1", "settings": {}, "work": 1}) + "\n")
        with serving(Path(name)) as address:
            browser.visit(address)
            browser.until(lambda: "have ended" in browser.run("document.body.textContent"))
            took = []
            for epoch in range(1, ROWS + 1):
                time.sleep(0.05 + (epoch * 0.37) % 0.3)  # at any time between two polls
                start = time.monotonic()
                with part.open("a") as file:
                    file.write(json.dumps({**row, "epoch": epoch}) + "\n")
                shown = f"document.getElementById('time-value').textContent.endsWith('of {max(epoch, 1)}')"
                browser.until(lambda shown=shown: browser.run(shown))
                took.append(time.monotonic() - start)
            rank = sorted(took)[int(np.ceil(0.95 * ROWS)) - 1]
            say(f"a row on the screen: median {statistics.median(took):.2f} s, 95 % within {rank:.2f} s")
        opened = []
        with serving(RESULTS / "paper") as address:
            for _ in range(5):
                start = time.monotonic()
                browser.visit(address)
                browser.until(
                    lambda: browser.run("document.querySelectorAll('[data-part=ratios] rect').length") > 99
                )
                opened.append(time.monotonic() - start)
            weight = _peak("experiments.dashboard.serve")
        say(f"210 runs open in {min(opened):.2f} to {max(opened):.2f} s; the server weighs {weight:.0f} MB")


def heap() -> None:
    """Print how much the page's heap grows while two trainings are followed for half an hour."""
    with tempfile.TemporaryDirectory() as name, Browser() as browser:
        folder = Path(name)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            demo.run(folder, 0, "RLSTM", keep_epochs=False, look=True)
        saved = save(folder, folder / "saved.html")
        say(f"the saved page of the demo: {saved.stat().st_size / 1e3:.0f} kB")
        looks = {}
        for path in sorted((folder / LIVE).iterdir()):
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            looks[path.stem] = [line for line in lines if line["kind"] == "look"]
        browser.open(saved)
        browser.run("state.follow = true; render()")
        before = _heap(browser)
        times, now = [], 0.0
        while now < 60 * MINUTES:
            doublings = len(times) // watcher.DOUBLED_AFTER
            now += watcher.LOOK_EVERY * 2**doublings
            times.append(now)
        for number, at in enumerate(times):
            for run, known in looks.items():
                whole = number % max(1, len(times) // 250) == 0
                kind = [look for look in known if (len(look["spectrum"]) > 1) == whole] or known
                line = {
                    **kind[number % len(kind)],
                    "run": run,
                    "epoch": 10 + int(at // 36),
                    "at": at % 36 / 36,
                }
                browser.run(f"addRecord(store, {json.dumps(line | {'by_depth': None})}); 1")
            if number % 10 == 0:
                browser.run("render()")
        browser.run("render()")
        grown = (_heap(browser) - before) / 1e6
        say(f"{MINUTES} minutes, {len(looks)} × {len(times)} looks: the page's heap grows by {grown:.1f} MB")


def _heap(browser: Browser) -> float:
    browser.call("HeapProfiler.collectGarbage")
    return float(browser.call("Runtime.getHeapUsage")["usedSize"])


def _peak(module: str) -> float:
    """Return the largest memory that this process's child of that module has had, in MB."""
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, IndexError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and module.encode() in (entry / "cmdline").read_bytes():
                lines = (entry / "status").read_text().splitlines()
                return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1e3
    raise LookupError(f"no process runs {module}")


if __name__ == "__main__":
    for part in sys.argv[1:] or ["cost", "page", "heap"]:
        {"cost": cost, "page": page, "heap": heap}[part]()
