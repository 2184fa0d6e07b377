"""The sentences that settings are tried on, and a run on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.paper import grids
from experiments.paper.data import length_range
from experiments.paper.settings import Scale, run_settings
from experiments.sweep import Job

PERFORM = "experiments.paper.why.perform:perform"
EXPERIMENTS = {"length": "ablate", "depth": "ablate-depth"}


@dataclass(frozen=True, order=True)
class Sentences:
    """A dataset like one of the paper's, drawn from the streams of `ablate`.

    Attributes
    ----------
    kind : "length" or "depth"
        Like one of Experiment 1, or of Experiment 2.
    number : int
        1..10.
    """

    kind: str
    number: int

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Sentences:
        """Return those that a stored run was trained on."""
        (kind,) = [kind for kind, name in EXPERIMENTS.items() if name == settings["experiment"]]
        return cls(kind, settings["dataset"])

    @property
    def name(self) -> str:
        """Its part in the name of a run."""
        return f"{self.kind}-{self.number:02}"

    @property
    def title(self) -> str:
        """Its name in tables."""
        if self.kind == "depth":
            return f"depth {self.number}–{self.number + 1}"
        return "{}–{} tokens".format(*length_range(self.number))


def job(
    name: str,
    model: str,
    on: Sentences,
    run: int,
    *,
    size: Scale,
    seed: int,
    changes: Mapping[str, Any],
    perform: str = PERFORM,
) -> Job:
    """Return one run as work for a sweep.

    Parameters
    ----------
    name : str
        Part of the plan and setting; model, sentences and number are added.
    model : str
    on : Sentences
    run : int
        Weights and order are drawn from it.
    size : Scale
    seed : int
    changes : dict
        Settings other than the paper's.
    perform : str
        As in `Job`.
    """
    settings = run_settings(EXPERIMENTS[on.kind], on.number, model, run, scale=size, seed=seed, **changes)
    return Job(f"why/{name}/{model}/{on.name}/{run}", settings, grids.work(settings), perform)
