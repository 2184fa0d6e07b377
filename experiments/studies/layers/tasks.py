"""What probes are asked of a word in its string, and what is true."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from experiments.studies.layers import grammar
from experiments.studies.layers.automaton import Automaton, Strings

Path = tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """A question about a word.

    Attributes
    ----------
    words : str
        What is asked, and of which words, for tables.
    truth : function of a state's path
        The answer, 0, 1, …, for words of that state; −1 if it is not asked.
    homographs : tuple of str
        The only words of which it is asked; of all if there are none.
    """

    words: str
    truth: Callable[[Path], int]
    homographs: tuple[str, ...] = ()

    def answers(self, source: Automaton) -> npt.NDArray[np.intp]:
        """Return the answer at each state, (S,)."""
        return source.at_states(self.truth)

    def asked(self, source: Automaton, strings: Strings) -> npt.NDArray[np.bool_]:
        """Return of which words it is asked, (N,)."""
        found = self.answers(source)[strings.states] >= 0
        if self.homographs:
            found &= np.isin(strings.words, [source.words.index(word) for word in self.homographs])
        return found


def _between(path: Path) -> int:
    return grammar.subject_number(path) if grammar.is_between(path) else -1


TASKS: Mapping[str, Task] = {
    "class": Task("class of a word", grammar.word_class),
    "left": Task("class of homographs that the left neighbour settles", grammar.word_class, grammar.LEFT),
    "right": Task("class of homographs that the right neighbour settles", grammar.word_class, grammar.RIGHT),
    "number": Task("number of the subject, between it and its verb", _between),
    "depth": Task("relative clauses around a word", grammar.depth),
}


def allowed(source: Automaton, strings: Strings) -> dict[str, dict[str, float]]:
    """Return by task and direction how often the likeliest answer is right, given the string up to a word.

    That is the most that can be known from one side: the source itself says how likely each answer is.
    """
    groups = {name: _groups(task.answers(source)) for name, task in TASKS.items()}
    at = np.cumsum([0, *(of.shape[1] for of in groups.values())])
    together = np.concatenate(list(groups.values()), axis=1)
    found: dict[str, dict[str, float]] = {name: {} for name in TASKS}
    for direction, read, own in (
        ("forward", source, strings),
        ("backward", source.reversed(), strings.reversed()),
    ):
        odds = read.conditionals(own, together)[1]
        for (name, task), start, end in zip(TASKS.items(), at[:-1], at[1:], strict=True):
            right = odds[:, start:end].argmax(axis=1) == task.answers(source)[own.states]
            found[name][direction] = float(right[task.asked(source, own)].mean())
    return found


def _groups(answers: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    return (answers[:, None] == np.arange(answers.max() + 1)).astype(np.float64)
