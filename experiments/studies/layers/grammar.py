"""The grammar that strings are drawn from, and what is true of their words.

::

    sentence   →  clause[n]                                        n, m: singular or plural, by a fair coin
    clause[n]  →  np0[n] verb[n] adjunct | np0[n] verb[n] np1[m]
    npₖ[n]     →  determiner pre noun[n] modₖ                      k: how deep it is nested, at most 2
    pre        →  ε | adjective | degree plain                     plain: an adjective
    modₖ       →  ε | preposition npₖ₊₁[m] | relative npₖ₊₁[m] verb[m] adjunct
    adjunct    →  ε | adverb | direction bare                      bare: a noun without determiner

"the boy that my sisters see often likes the pretty old dog": between the subject and its verb stand nouns
and verbs of either number, the attractors (Linzen, Dupoux & Goldberg 2016), up to two clauses deep.

Some words belong to two classes with the same probability, and only one neighbour says to which:

- "pretty", "mighty", "jolly" are adjectives before a noun and adverbs of degree before an adjective. What
  stands to the left is the same, so the words so far say nothing: the *right* neighbour settles them.
- "home", "north", "inside" are nouns after a direction ("from north") and adverbs after a verb ("sees
  north"). What follows is the same, so the rest of the sentence says nothing: the *left* neighbour settles
  them.

Every string has one derivation only, so its probability is that of the derivation.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from experiments.studies.layers.automaton import Automaton, Rule, automaton

LEVELS = 3  # of nested noun phrases
NUMBERS = ("s", "p")
LEMMAS = ("boy", "girl", "dog", "cat", "teacher", "farmer", "singer", "sister")
ACTS = ("like", "see", "know", "help", "greet", "follow")
PLAIN = ("tall", "old", "young", "kind", "loud")
RIGHT = ("pretty", "mighty", "jolly")  # homographs that the right neighbour settles
LEFT = ("home", "north", "inside")  # and that the left neighbour settles
SHARE = 0.2  # of each homograph in either of its classes

# The classes of words that probes tell apart, by the symbols that words are drawn from.
CLASSES: Mapping[str, str] = {
    "determiner": "determiner",
    "noun": "noun",
    "bare": "noun",
    "verb": "verb",
    "adjective": "adjective",
    "plain": "adjective",
    "degree": "degree",
    "preposition": "preposition",
    "direction": "preposition",
    "relative": "relative",
    "adverb": "adverb",
}
CLASS_NAMES = tuple(dict.fromkeys(CLASSES.values()))
_WORDS: Mapping[str, tuple[str, ...]] = {
    "determiner": ("the", "my", "her", "no"),
    "preposition": ("near", "behind", "beside", "above"),
    "direction": ("from", "towards", "past"),
    "degree": ("very", "rather", "quite"),
    "adverb": ("often", "today", "again", "rarely"),
    "bare": ("town", "church", "school", "sea"),
    "adjective": PLAIN,
    "plain": PLAIN,
    "relative": ("that",),
    "noun[s]": LEMMAS,
    "noun[p]": tuple(f"{lemma}s" for lemma in LEMMAS),
    "verb[s]": tuple(f"{act}s" for act in ACTS),
    "verb[p]": ACTS,
}
_SHARED = {"adjective": RIGHT, "degree": RIGHT, "adverb": LEFT, "bare": LEFT}


def rules() -> dict[str, tuple[Rule, ...]]:
    """Return the rules by their left sides, each with its probability."""
    found: dict[str, tuple[Rule, ...]] = {
        "sentence": tuple((0.5, (f"clause[{n}]",)) for n in NUMBERS),
        "pre": ((0.5, ()), (0.25, ("adjective",)), (0.25, ("degree", "plain"))),
        "adjunct": ((0.5, ()), (0.25, ("adverb",)), (0.25, ("direction", "bare"))),
        "object": tuple((0.5, (f"np1[{m}]",)) for m in NUMBERS),
    }
    for n in NUMBERS:
        subject = (f"np0[{n}]", f"verb[{n}]")
        found[f"clause[{n}]"] = ((0.6, (*subject, "adjunct")), (0.4, (*subject, "object")))
        for k in range(LEVELS):
            found[f"np{k}[{n}]"] = ((1.0, ("determiner", "pre", f"noun[{n}]", f"mod{k}")),)
    for k, (phrase, clause) in enumerate(((0.3, 0.3), (0.2, 0.2), (0.0, 0.0))):
        inner = [f"np{k + 1}[{m}]" for m in NUMBERS] if phrase else []
        found[f"mod{k}"] = ((1 - phrase - clause, ()),) + (
            ((phrase, (f"pp{k}",)), (clause, (f"rc{k}",))) if inner else ()
        )
        if inner:
            found[f"pp{k}"] = tuple((0.5, ("preposition", np)) for np in inner)
            found[f"rc{k}"] = tuple(
                (0.5, ("relative", np, f"verb[{m}]", "adjunct")) for np, m in zip(inner, NUMBERS, strict=True)
            )
    for symbol, words in _WORDS.items():
        shared = _SHARED.get(symbol, ())
        own = (1 - SHARE * len(shared)) / len(words)
        found[symbol] = (*((own, (word,)) for word in words), *((SHARE, (word,)) for word in shared))
    return found


def source() -> Automaton:
    """Return the grammar as an automaton, of which everything is known."""
    return automaton(rules(), "sentence")


def word_class(path: tuple[str, ...]) -> int:
    """Return the number in `CLASS_NAMES` of the class of the words of a state."""
    return CLASS_NAMES.index(CLASSES[path[-1].partition("[")[0]])


def depth(path: tuple[str, ...]) -> int:
    """Return how many relative clauses the words of a state stand in: 0, 1 or 2."""
    return sum(symbol.startswith("rc") for symbol in path)


def subject_number(path: tuple[str, ...]) -> int:
    """Return the number of the sentence's subject: 0 for singular, 1 for plural."""
    return NUMBERS.index(path[1][-2])


def is_between(path: tuple[str, ...]) -> bool:
    """Return whether the words of a state stand between the sentence's subject and its verb."""
    return path[3:4] == ("mod0",)


def is_subject(path: tuple[str, ...]) -> bool:
    """Return whether the words of a state are the sentence's subject, a noun."""
    return len(path) == 4 and path[2].startswith("np0") and path[3].startswith("noun")


def is_verb(path: tuple[str, ...]) -> bool:
    """Return whether the words of a state are the sentence's verb, which agrees with the subject."""
    return len(path) == 3 and path[2].startswith("verb")


def noun_number(path: tuple[str, ...]) -> int:
    """Return the number of a noun that has one, 0 or 1; −1 for all other words."""
    return NUMBERS.index(path[-1][-2]) if path[-1].startswith("noun[") else -1


def of_number(kind: str) -> npt.NDArray[np.object_]:
    """Return the words of a kind, "noun" or "verb", by number: (2, words)."""
    return np.array([_WORDS[f"{kind}[{n}]"] for n in NUMBERS], object)
