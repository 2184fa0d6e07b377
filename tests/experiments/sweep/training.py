"""A sweep of pretended trainings for the tests of `experiments.sweep`, and a command that runs it.

``python -m tests.experiments.sweep.training sweep|export …``. A run is a chaotic recurrence with noise from a
generator that is kept in its checkpoint, so that a step left out, repeated or out of place shows in every
row after it. Environment variables make runs fail, die or wait; settings would show in the rows.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from experiments import sweep
from experiments.__main__ import main as command
from experiments.commands import export
from minigrad.nn import load_document, save_document

FORMAT = "test.checkpoint/1"
EPOCHS = 6
STEPS = 5


def jobs(n: int = 6, epochs: int = EPOCHS, lr: float = 3.7) -> list[sweep.Job]:
    """Return runs that differ in work and in their number of epochs."""
    return [
        sweep.Job(
            name=f"test/{1 + k // 2:02}/{'AB'[k % 2]}/1",
            settings={"seed": k, "lr": lr, "epochs": epochs + k % 2, "lengths": [1, 10]},
            work=100 * (1 + k // 2),
            perform="tests.experiments.sweep.training:perform",
        )
        for k in range(n)
    ]


def perform(settings, recorder) -> None:
    """Pretend to train: resume, go on, write rows and checkpoints, every other epoch only."""
    rng, state, first = np.random.default_rng(settings["seed"]), np.full(4, 0.3), 1
    if recorder.checkpoint.exists():
        header, arrays = load_document(recorder.checkpoint, FORMAT)
        rng.bit_generator.state, state, first = header["rng"], arrays["state"], header["epoch"] + 1
        recorder.rewind(first - 1)
    else:
        _save(recorder, rng, state, 0)
    for epoch in range(first, settings["epochs"] + 1):
        for _ in range(STEPS):
            state = settings["lr"] * state * (1 - state) * (1 - 1e-3 * rng.random(4))
            recorder.progress(20)
            time.sleep(float(os.environ.get("SWEEP_TEST_SLEEP", "0")))
        _mishap(settings["seed"], epoch)
        recorder.row({"kind": "epoch", "epoch": epoch, "loss": float(state[0]), "state": state.tolist()})
        if epoch % 2 == 0:
            _save(recorder, rng, state, epoch)
    if recorder.model is not None:
        save_document(recorder.model, FORMAT, {}, {"state": state})
    recorder.result({"test_accuracy": float(state.mean()), "epochs": settings["epochs"]})


def _save(recorder, rng, state, epoch) -> None:
    header = {"rng": rng.bit_generator.state, "epoch": epoch}
    save_document(recorder.checkpoint, FORMAT, header, {"state": state})


def _mishap(seed: int, epoch: int) -> None:
    """Fail or die in epoch 3 if the environment says so: "seed:fail", "seed:die:FOLDER:times"."""
    wanted = os.environ.get("SWEEP_TEST_MISHAP", "").split(":")
    if wanted[0] != str(seed) or epoch != 3:
        return
    if wanted[1] == "fail":
        raise ArithmeticError("as the test wants it")
    folder, times = Path(wanted[2]), int(wanted[3])
    if len(list(folder.iterdir())) < times:
        (folder / str(time.monotonic_ns())).touch()
        os.kill(os.getpid(), signal.SIGKILL)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the sweep."""
    sweep.add_arguments(parser, out="nowhere")
    parser.add_argument("--n", type=int, default=6)
    parser.add_argument("--lr", type=float, default=3.7)


def run(args: argparse.Namespace) -> int:
    """Run the sweep."""
    return sweep.run(jobs(args.n, lr=args.lr), args, base={"lr": 3.7, "lengths": [1, 20], "D": 50})


def main() -> int:
    """Run the command line of the experiments, with this sweep in place of theirs."""
    import experiments.__main__ as program
    import viz.command_line as command_line

    program.COMMANDS = {"sweep": "a test", "export": "rows"}
    command_line.import_module = {
        "experiments.commands.sweep": sys.modules[__name__],
        "experiments.commands.export": export,
    }.get
    return command()


if __name__ == "__main__":
    sys.exit(main())
