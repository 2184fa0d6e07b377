"""The runs of the paper's three experiments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from experiments.paper.settings import DATASETS, GRADIENT_DATASET, MODELS, SCALES, Settings, run_settings
from experiments.sweep import Job

EXPERIMENTS = ("length", "depth", "gradient")
PERFORM = "experiments.paper.run:perform"


def experiment_jobs(
    experiment: str,
    scale: str,
    *,
    seed: int = 0,
    runs: int | None = None,
    cells: Sequence[str] = MODELS,
    changes: Mapping[str, Mapping[str, Any]] | None = None,
    dev_ratios: bool = True,
) -> Iterator[Job]:
    """Yield the runs of Experiment 1 ("length"), 2 ("depth") or 3 ("gradient").

    Parameters
    ----------
    experiment : str
    scale : "smoke" or "paper"
    seed : int
    runs : int, optional
        Runs of each model on each dataset, if not as many as the scale has.
    cells : sequence of str
        The models' cells, as `models.cell` takes them.
    changes : dict, optional
        Settings other than the paper's by model, as in `named.NAMED`.
    dev_ratios : bool
        As in `Settings`, for Experiment 3.
    """
    size = SCALES[scale]
    for dataset in (GRADIENT_DATASET,) if experiment == "gradient" else DATASETS:
        for model in cells:
            for run in range(1, (runs or size.runs) + 1):
                own = {
                    **(changes or {}).get(model, {}),
                    "dev_ratios": dev_ratios and experiment == "gradient",
                }
                settings = run_settings(experiment, dataset, model, run, scale=size, seed=seed, **own)
                drawn = experiment == "gradient" and run == 1  # Figure 2
                name = model.replace(":", ".")  # a user's own cell is package.module:Class
                yield job(f"{experiment}/{dataset:02}/{name}/{run}", settings, keep_model=drawn)


def job(name: str, settings: Settings, keep_model: bool = False) -> Job:
    """Return a run as work for a sweep."""
    return Job(name, settings, work(settings), PERFORM, keep_model)


def work(settings: Settings) -> int:
    """Return about how many tree nodes there are in an epoch: a tree of n words has 2n − 1."""
    return settings.sizes["train"] * (sum(settings.lengths) - 1)
