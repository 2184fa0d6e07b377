"""How large the study is: which sentences, how many runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from experiments.paper.why.sentences import Sentences


def _lengths(*numbers: int) -> tuple[Sentences, ...]:
    return tuple(Sentences("length", number) for number in numbers)


def _depths(*numbers: int) -> tuple[Sentences, ...]:
    return tuple(Sentences("depth", number) for number in numbers)


@dataclass(frozen=True)
class Extent:
    """The size of the study.

    Attributes
    ----------
    grid : dict of sequences of sequences of Sentences
        By model: what the grid is trained on, in the order in which it is done.
    final : dict of sequences of Sentences
        By model: what its score is the mean over.
    one : dict of sequences of Sentences
        By model: what single changes and random settings are tried on; some of those of `final`.
    grid_runs, final_runs : int
        Runs of each cell in the grid, and of each candidate.
    draws : int
        Random settings for each model.
    best, again : int
        How many of them are trained again, and how many times.
    """

    grid: Mapping[str, Sequence[Sequence[Sentences]]]
    final: Mapping[str, Sequence[Sentences]]
    one: Mapping[str, Sequence[Sentences]]
    grid_runs: int
    final_runs: int
    draws: int
    best: int
    again: int


EXTENTS = {
    "paper": Extent(
        grid={"RLSTM": (_lengths(3, 4), _lengths(6, 7)), "RNN": (_depths(2, 3) + _lengths(1, 2),)},
        final={"RLSTM": _lengths(2, 3, 4, 5, 6, 7, 8), "RNN": _depths(2, 3) + _lengths(1, 2)},
        one={"RLSTM": _lengths(4, 6), "RNN": _depths(2, 3)},
        grid_runs=3, final_runs=10, draws=60, best=5, again=5,
    ),
    "smoke": Extent(
        grid={"RLSTM": (_lengths(1),), "RNN": (_depths(2),)},
        final={"RLSTM": _lengths(1), "RNN": _depths(2)},
        one={"RLSTM": _lengths(1), "RNN": _depths(2)},
        grid_runs=1, final_runs=2, draws=2, best=1, again=2,
    ),
}  # fmt: skip

# The numbers of a run decide its weights and its order of the trees: those by which something is picked are
# not those by which it is then measured.
FIRST_OF = {"grid": 1, "final": 11, "one": 11, "search": 31, "again": 41, "challenger": 51}
