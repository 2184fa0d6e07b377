"""Eight settings to begin with, each with a question and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from viz.explorer.settings import Settings
from viz.text import short_number


@dataclass(frozen=True)
class Fact:
    """A number that an answer states, and how it is read off the curves.

    Attributes
    ----------
    line : str
        "elman", "lstm", "gru" or "bound".
    what : str
        "arrives": ‖∂J/∂h_0‖, with ‖∂J/∂h_T‖ = 1; "turns": how many steps back the gradient is largest.
    value : float
    """

    line: str
    what: str
    value: float


@dataclass(frozen=True)
class Preset:
    """A setting with its question; the answer has {0}, {1}, … in the places of its facts' numbers."""

    name: str
    title: str
    settings: Settings
    question: str
    answer: str
    facts: tuple[Fact, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return what the page shows of it."""
        numbers = [
            f"{fact.value:g}" if fact.what == "turns" else short_number(fact.value) for fact in self.facts
        ]
        return {
            "name": self.name,
            "title": self.title,
            "settings": self.settings.as_dict(),
            "question": self.question,
            "answer": self.answer.format(*numbers),
            "facts": [fact.__dict__ for fact in self.facts],
        }


PRESETS = (
    Preset(
        "eight",
        "0.8, eight steps",
        Settings(T=8, D=1, matrix="identity", scale=0.8, input=0),
        "One unit with the weight 0.8, at rest: what is left of a gradient after eight steps?",
        "{0}, which is 0.8⁸: at rest tanh has the slope 1, so that every step multiplies by the weight.",
        (Fact("elman", "arrives", 0.8**8),),
    ),
    Preset(
        "fifty",
        "0.9, fifty steps",
        Settings(T=50, scale=0.9, input=0),
        "‖W‖ = 0.9 and T = 50: how much can arrive at most?",
        "{0}, which is 0.9⁵⁰. An orthogonal W at rest reaches the bound; with inputs less arrives.",
        (Fact("bound", "arrives", 0.9**50),),
    ),
    Preset(
        "sigmoid",
        "sigmoid",
        Settings(T=10, scale=1.0, f="sigmoid"),
        "W keeps every length. Why does the gradient vanish within ten steps under a sigmoid?",
        "Its slope is at most 1/4: after ten steps no more than {0} can arrive, here {1}. Compare tanh.",
        (Fact("bound", "arrives", 0.25**10), Fact("elman", "arrives", 5.180e-7)),
    ),
    Preset(
        "orthogonal",
        "orthogonal, 1.2",
        Settings(T=100),
        "An orthogonal matrix of norm 1.2, a hundred steps: does the gradient explode, as its bound allows?",
        "The bound grows to {0}, but {1} arrives: as states grow, tanh's slope makes up for the factor 1.2.",
        (Fact("bound", "arrives", 1.2**100), Fact("elman", "arrives", 3.96503)),
    ),
    Preset(
        "gaussian",
        "Gaussian, 1.2",
        Settings(T=100, matrix="gaussian"),
        "A Gaussian matrix with the same norm, 1.2: does as much arrive?",
        "No: {0}. Its eigenvalues lie within about half its norm, and most directions shrink at every step.",
        (Fact("elman", "arrives", 4.48510e-19),),
    ),
    Preset(
        "delay",
        "delay line",
        Settings(T=100, matrix="delay", input=0),
        "All eigenvalues are 0.8, the norm is 1.2: does the gradient grow or vanish?",
        "First it grows, along lines of ten units, until it turns {0} steps back; in the end the eigenvalues "
        "decide. After a hundred steps {1} is left.",
        (Fact("elman", "turns", 42), Fact("elman", "arrives", 0.30785)),
    ),
    Preset(
        "forget",
        "LSTM, gate open",
        Settings(T=100, matrix="gaussian", scale=1.0, forget=5),
        "What does a forget bias of 5 change in an LSTM over a hundred steps?",
        "Its memory is kept almost whole, and so is its gradient: {0} arrives, in the Elman network {1}. "
        "Pull the bias down to −2, and the LSTM's vanishes sooner than Elman's.",
        (Fact("lstm", "arrives", 2.92483), Fact("elman", "arrives", 6.94517e-27)),
    ),
    Preset(
        "verb",
        "subject and verb",
        Settings(T=20, matrix="gaussian", scale=1.0),
        "The verb is twenty words after its subject. How much of the verb's gradient reaches the subject?",
        "Untrained, {0} arrives in an Elman network, {1} in a GRU and {2} in an LSTM with forget bias 1.",
        (
            Fact("elman", "arrives", 2.970e-6),
            Fact("gru", "arrives", 3.091e-5),
            Fact("lstm", "arrives", 2.551e-3),
        ),
    ),
)
