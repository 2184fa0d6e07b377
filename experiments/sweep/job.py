"""A job: what one run is to do."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from experiments.dashboard.places import canonical, run_id
from experiments.sweep.settings import to_json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_NAME = re.compile(r"\w[\w.+-]*(/\w[\w.+-]*)*", re.ASCII)


@dataclass(frozen=True)
class Job:
    """One run of an experiment.

    Attributes
    ----------
    name : str
        Its parts tell what it is: ``"length/03/RLSTM/2"``. Parts that consist of digits are numbers of
        datasets or runs; jobs that differ in nothing else are expected to take about the same number of
        epochs, and the same time per node.
    settings : dataclass or dict
        Everything that determines the rows, seeds included: a frozen dataclass, as `settings.py` says, or its
        JSON values.
    work : int
        Tree nodes in one epoch of training, the unit of progress.
    perform : str
        ``"module:function"``: what a worker imports, and calls with the settings, as they are here, and a
        `Recorder`.
    keep_model : bool
        Whether its best model is saved even if those of the other runs are not.
    paths : mapping of str to str
        Where the files are that the run reads, by what they are. Never stored: the rows depend on what is in
        the files, whose checksums are among the settings.

    Raises
    ------
    ValueError
        If the name can't be a file's, or the settings would not come back from JSON as they are.
    """

    name: str
    settings: DataclassInstance | dict[str, Any]
    work: int
    perform: str
    keep_model: bool = False
    paths: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"a run's name is parts of letters, digits, . + - _ between /, not {self.name!r}"
            )
        if json.loads(canonical(self.json)) != self.json:
            raise ValueError(
                f"{self.name}: settings are JSON values, text as keys; lists in a dict, tuples in a dataclass"
            )

    @cached_property
    def json(self) -> dict[str, Any]:
        """The settings as JSON values."""
        return self.settings if isinstance(self.settings, dict) else to_json(self.settings)

    @property
    def id(self) -> str:
        """The name of its files."""
        return run_id(self.name, self.json)


def natural_order(name: str) -> list[tuple[bool, int, str]]:
    """Return a sort key that puts run 10 after run 9, not after run 1."""
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in name.split("/")]
