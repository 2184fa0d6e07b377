"""A probabilistic grammar without recursion as a probabilistic automaton: its strings, and all their odds.

A state is a place in the grammar at which a word is drawn. The probability of a string is a sum over paths of
states, which the forward algorithm computes (Rabiner 1989, III.A); if every string has one path only, the
entropy of strings is that of paths, which is a sum over states.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Rule: TypeAlias = tuple[float, tuple[str, ...]]  # probability, right side
Floats: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = npt.NDArray[np.intp]
AT_ONCE = 500  # strings


@dataclass(frozen=True)
class Strings:
    """Strings, one after another.

    Attributes
    ----------
    words, states : (N,) arrays of int
        Of all strings: numbers of words, and of the states that they were drawn at.
    lengths : (n,) array of int
    """

    words: Numbers
    states: Numbers
    lengths: Numbers

    @cached_property
    def starts(self) -> Numbers:
        """Where each string begins, (n,)."""
        return np.cumsum(self.lengths) - self.lengths

    @cached_property
    def string(self) -> Numbers:
        """The string of every word, (N,)."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    def select(self, chosen: npt.NDArray[np.bool_]) -> Strings:
        """Return the strings that are chosen by a mask, (n,)."""
        kept = chosen[self.string]
        return Strings(self.words[kept], self.states[kept], self.lengths[chosen])

    def reversed(self) -> Strings:
        """Return the strings read from their ends."""
        place = np.arange(len(self.words)) - self.starts[self.string]
        mirrored = self.starts[self.string] + self.lengths[self.string] - 1 - place
        return Strings(self.words[mirrored], self.states[mirrored], self.lengths)


@dataclass(frozen=True)
class Automaton:
    """States that say words, and the odds of going from one to another.

    Attributes
    ----------
    paths : tuple of tuples of str
        By state: the symbols of the grammar that it stands in, from the outermost; words are drawn of the
        last one.
    words : tuple of str
    start : (S,) array
        Probability that a string begins at a state.
    step : (S, S) array
        Probability of the column's state after the row's.
    stop : (S,) array
        Probability that a string ends at a state.
    emit : (S, W) array
        Probability of a word at a state.
    """

    paths: tuple[tuple[str, ...], ...]
    words: tuple[str, ...]
    start: Floats
    step: Floats
    stop: Floats
    emit: Floats

    @cached_property
    def visits(self) -> Floats:
        """How often a string is at each state, expected, (S,): v = start + stepᵀ v."""
        return np.asarray(np.linalg.solve(np.eye(len(self.start)) - self.step.T, self.start))

    def at_states(self, of: Callable[[tuple[str, ...]], Any]) -> npt.NDArray[Any]:
        """Return what a function of a state's path returns, for each state, (S,)."""
        return np.array([of(path) for path in self.paths])

    def length(self) -> float:
        """Return the expected number of words of a string."""
        return float(self.visits.sum())

    def entropy(self) -> float:
        """Return the bits of a path with its words: H(start) + Σ_s v_s (H(words | s) + H(next or end | s)).

        It is the entropy of strings if each has one path.
        """
        onward = np.concatenate([self.step, self.stop[:, None]], axis=1)
        at_state = _entropies(self.emit) + _entropies(onward)
        return float(_entropies(self.start[None])[0] + self.visits @ at_state)

    def reversed(self) -> Automaton:
        """Return the automaton of the same strings read from their ends, with the same states."""
        v = self.visits
        return Automaton(
            self.paths, self.words, v * self.stop, (self.step * v[:, None]).T / v[:, None],
            self.start / v, self.emit,
        )  # fmt: skip

    def draw(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw strings."""
        onward = _Wheel(np.concatenate([self.step, self.stop[:, None]], axis=1))
        state = _Wheel(self.start[None]).draw(rng, np.zeros(count, np.intp))
        string, strings, states = np.arange(count), [], []
        while len(string):
            strings.append(string)
            states.append(state)
            state = onward.draw(rng, state)
            goes_on = state < len(self.start)
            string, state = string[goes_on], state[goes_on]
        order = np.argsort(np.concatenate(strings), kind="stable")
        found = np.concatenate(states)[order]
        words = _Wheel(self.emit).draw(rng, found)
        return Strings(words, found, np.bincount(np.concatenate(strings), minlength=count))

    def conditionals(self, strings: Strings, groups: Floats | None = None) -> tuple[Floats, Floats]:
        """Return what every word costs after those before it, and what these tell of the state.

        Parameters
        ----------
        strings : Strings
        groups : (S, G) array, optional
            Which states belong together: 1 if a state belongs to a group, else 0.

        Returns
        -------
        (N + n,) array
            Bits, −log₂ P(word | words before), string by string, each followed by those of its end. The sum
            over a string is −log₂ of its probability, whichever end it is read from; infinite if the grammar
            has no such string.
        (N, G) array
            Probability of each group of states, given the words up to this one.
        """
        groups = np.zeros((len(self.start), 0)) if groups is None else groups
        odds = np.zeros(len(strings.words) + len(strings.lengths))
        count, ends = len(strings.lengths), strings.starts + np.arange(len(strings.lengths))
        told = np.zeros((len(strings.words), groups.shape[1]))
        for first in range(0, count, AT_ONCE):
            string = np.arange(first, min(first + AT_ONCE, count))
            alpha = np.broadcast_to(self.start, (len(string), len(self.start)))
            for place in range(int(strings.lengths[string].max(initial=0)) + 1):
                done = strings.lengths[string] == place
                before = alpha if place else self.start * np.ones((len(string), 1))
                odds[ends[string[done]] + place] = before[done] @ self.stop if place else 0.0
                string, before = string[~done], before[~done]
                at = strings.starts[string] + place
                joint = (before @ self.step if place else before) * self.emit[:, strings.words[at]].T
                total = joint.sum(axis=1)
                odds[ends[string] + place] = total
                alpha = joint / np.where(total > 0, total, 1.0)[:, None]
                told[at] = alpha @ groups
        with np.errstate(divide="ignore"):
            return -np.log2(odds), told


@dataclass(frozen=True)
class _Part:
    """A part of an automaton: its first and last states with their odds, and the odds that it is empty."""

    first: Sequence[tuple[int, float]] = ()
    last: Sequence[tuple[int, float]] = ()
    empty: float = 1.0


@dataclass
class _Building:
    """An automaton that is being built."""

    rules: Mapping[str, Sequence[Rule]]
    paths: list[tuple[str, ...]] = field(default_factory=list)
    steps: list[tuple[int, int, float]] = field(default_factory=list)

    def symbol(self, path: tuple[str, ...]) -> _Part:
        """Add a symbol, the last of a path."""
        alternatives = self.rules[path[-1]]
        if path[-1] in path[:-1]:
            raise ValueError(
                f"{path[-1]} contains itself, by {' → '.join(path)}; such rules have to be unrolled"
            )
        if is_preterminal(self.rules, path[-1]):
            self.paths.append(path)
            one = ((len(self.paths) - 1, 1.0),)
            return _Part(one, one, 0.0)
        parts = [(odds, self.sequence(path, body)) for odds, body in alternatives]
        return _Part(
            [(state, odds * p) for odds, part in parts for state, p in part.first],
            [end for _, part in parts for end in part.last],
            sum(odds * part.empty for odds, part in parts),
        )

    def sequence(self, path: tuple[str, ...], body: Sequence[str]) -> _Part:
        """Add one symbol after another."""
        made = _Part()
        for name in body:
            part = self.symbol((*path, name))
            self.steps += [(a, b, p * q) for a, p in made.last for b, q in part.first]
            made = _Part(
                [*made.first, *((state, made.empty * p) for state, p in part.first)],
                [*part.last, *((state, p * part.empty) for state, p in made.last)],
                made.empty * part.empty,
            )
        return made


def automaton(rules: Mapping[str, Sequence[Rule]], start: str) -> Automaton:
    """Return the automaton of a grammar.

    Parameters
    ----------
    rules : mapping of str to sequence of (float, tuple of str)
        By left side: the right sides with their probabilities. What has no rule is a word; a symbol with a
        rule has words only, one in each right side, or none.
    start : str

    Raises
    ------
    ValueError
        If the probabilities of a symbol do not add up to 1, words stand beside symbols, a symbol contains
        itself, or the empty string is one of the grammar's.
    """
    for name, alternatives in rules.items():
        if abs(sum(odds for odds, _ in alternatives) - 1) > 1e-9:
            raise ValueError(
                f"the probabilities of {name} add up to {sum(p for p, _ in alternatives)}, not 1"
            )
        if not is_preterminal(rules, name):
            bad = [symbol for _, body in alternatives for symbol in body if symbol not in rules]
            if bad:
                raise ValueError(
                    f"{name} has the word {bad[0]!r} beside symbols; give it a symbol of its own"
                )
    building = _Building(rules)
    whole = building.symbol((start,))
    if whole.empty > 0:
        raise ValueError("the empty string is one of the grammar's")
    count = len(building.paths)
    words = tuple(dict.fromkeys(body[0] for path in building.paths for _, body in rules[path[-1]]))
    number = {word: k for k, word in enumerate(words)}
    first, step, stop = np.zeros(count), np.zeros((count, count)), np.zeros(count)
    emit = np.zeros((count, len(words)))
    for state, p in whole.first:
        first[state] += p
    for a, b, p in building.steps:
        step[a, b] += p
    for state, p in whole.last:
        stop[state] += p
    for state, path in enumerate(building.paths):
        for odds, (word,) in rules[path[-1]]:
            emit[state, number[word]] += odds
    return Automaton(tuple(building.paths), words, first, step, stop, emit)


def is_preterminal(rules: Mapping[str, Sequence[Rule]], name: str) -> bool:
    """Return whether a symbol becomes a word."""
    return all(len(body) == 1 and body[0] not in rules for _, body in rules[name])


class _Wheel:
    """Draws a column by the odds of a row, for many rows at once."""

    def __init__(self, odds: Floats) -> None:
        total = np.cumsum(odds, axis=1)
        self._width = odds.shape[1]
        self._last = np.array([np.flatnonzero(row)[-1] for row in odds])
        self._marks = (np.arange(len(odds))[:, None] + total / total[:, -1:]).ravel()

    def draw(self, rng: np.random.Generator, rows: Numbers) -> Numbers:
        """Return a column for each of some rows."""
        found = np.searchsorted(self._marks, rows + rng.random(len(rows)), side="right")
        return np.minimum(found - rows * self._width, self._last[rows])


def _entropies(odds: Floats) -> Floats:
    """Return the entropy of each row of probabilities, in bits."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(odds > 0, -odds * np.log2(odds), 0.0)
    return np.asarray(terms.sum(axis=1))
