"""What a worker does: perform one job, and return in plain data how it ended."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from experiments.sweep.environment import describe_environment
from experiments.sweep.folder import Folder
from experiments.sweep.job import Job
from experiments.sweep.lock import claim, sweep_lives
from experiments.sweep.own_code import own_code
from experiments.sweep.recorder import Recorder
from minigrad.nn import StateError

# A cluster's workers may have several threads; a run needs its process to itself.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Task:
    """A job, and where its files go.

    Attributes
    ----------
    job : Job
    folder : Folder
        With an absolute path that is the same for all workers.
    token : str
        Of the sweep, as `sweep_lock` yields it.
    save_model : bool
    live : bool
        Whether looks at the training are written.
    """

    job: Job
    folder: Folder
    token: str
    save_model: bool
    live: bool = False


@dataclass
class Outcome:
    """How a job ended; exceptions as text, since not every exception can be pickled.

    Attributes
    ----------
    traceback : str
        Empty if the run is finished.
    error : (int, str) or None
        Number and text of an OSError.
    notices : list of str
    """

    traceback: str = ""
    error: tuple[int, str] | None = None
    notices: list[str] = field(default_factory=list)


def perform(task: Task) -> Outcome:
    """Do a job; an exception that it raises is returned, not raised."""
    outcome = Outcome()
    try:
        with _ONE_AT_A_TIME:
            _perform(task, outcome)
    except Exception as error:
        outcome.traceback = traceback.format_exc()
        if isinstance(error, OSError) and error.errno is not None:
            outcome.error = error.errno, str(error)
    return outcome


def _perform(task: Task, outcome: Outcome) -> None:
    folder, job = task.folder, task.job
    function, code = _find(job.perform), own_code(job.json)
    with claim(folder.part(job.id), folder.finished(job.id)) as file:
        if file is None:
            return
        recorder = Recorder(
            file,
            folder,
            job,
            environment=describe_environment() | ({"code": code} if code else {}),
            save_model=task.save_model,
            live=task.live,
            sweep_lives=lambda: sweep_lives(folder.lock, task.token),
        )
        outcome.notices = recorder.notices
        resumed = recorder.checkpoint.exists()
        try:
            function(job.settings, recorder)
        except StateError as error:
            if not resumed:
                raise
            recorder.start_afresh(f"{job.name}: {error}")
            function(job.settings, recorder)
        if not recorder.done:
            raise RuntimeError(f"{job.perform} returned without a result")


def _find(path: str) -> Callable[[Any, Recorder], object]:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
