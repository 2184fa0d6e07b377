"""The grammar as an automaton: its probabilities, its entropy, and what each side of a word tells."""

from __future__ import annotations

import math
from collections import Counter, deque
from itertools import product

import numpy as np
import pytest

from experiments.studies.layers import grammar
from experiments.studies.layers.automaton import Strings, automaton
from experiments.studies.layers.tasks import TASKS, allowed

SMALL = {
    "s": ((0.75, ("a", "rest")), (0.25, ("b", "a"))),
    "rest": ((0.5, ()), (0.3, ("b",)), (0.2, ("b", "b"))),
    "a": ((0.9, ("x",)), (0.1, ("y",))),
    "b": ((0.6, ("u",)), (0.4, ("v",))),
}


@pytest.fixture(scope="module")
def source():
    return grammar.source()


@pytest.fixture(scope="module")
def strings(source):
    return source.draw(np.random.default_rng(3), 400)


def _derivations(symbol):
    """Return all (probability, words) of a symbol of the small grammar, by the rules themselves."""
    found = []
    for odds, body in SMALL[symbol]:
        parts = [_derivations(name) if name in SMALL else [(1.0, (name,))] for name in body]
        for chosen in product(*parts):
            words = tuple(word for _, own in chosen for word in own)
            found.append((odds * math.prod(p for p, _ in chosen), words))
    return found


def _strings(source, *texts):
    words = [source.words.index(word) for text in texts for word in text]
    return Strings(np.array(words), np.zeros(len(words), int), np.array([len(text) for text in texts]))


def test_probabilities_entropy_and_length_are_those_of_all_strings_added_up():
    small = automaton(SMALL, "s")
    known = {words: odds for odds, words in _derivations("s")}
    assert sum(known.values()) == pytest.approx(1)
    assert small.entropy() == pytest.approx(-sum(p * math.log2(p) for p in known.values()), rel=1e-12)
    assert small.length() == pytest.approx(sum(p * len(words) for words, p in known.items()), rel=1e-12)
    strings = _strings(small, *known)
    for read, own in ((small, strings), (small.reversed(), strings.reversed())):
        bits = read.conditionals(own)[0]
        per = np.bincount(np.repeat(np.arange(len(known)), own.lengths + 1), bits)
        assert per == pytest.approx([-math.log2(p) for p in known.values()], rel=1e-12)


def test_a_word_costs_what_the_words_before_it_leave_open():
    small = automaton(SMALL, "s")
    known = _derivations("s")

    def probability(*begin):
        return sum(p for p, words in known if words[: len(begin)] == begin)

    bits, told = small.conditionals(
        _strings(small, "xu"), np.eye(len(small.paths))[:, [path == ("s", "b") for path in small.paths]]
    )
    odds = [probability("x"), probability("x", "u") / probability("x")]
    ends = next(p for p, words in known if words == ("x", "u")) / probability("x", "u")
    assert bits == pytest.approx([-math.log2(p) for p in (*odds, ends)])
    assert told.ravel().tolist() == [0, 0]  # after x, u can't be the first of the second rule
    never = small.conditionals(_strings(small, "ux", "uv"))[0]  # there is no string "uv"
    assert np.isinf(never).tolist() == [False] * 4 + [True] * 2


def test_strings_are_drawn_as_often_as_they_are_probable():
    small = automaton(SMALL, "s")
    drawn = small.draw(np.random.default_rng(0), 20_000)
    ends = np.cumsum(drawn.lengths)
    counts = Counter(
        tuple(small.words[w] for w in drawn.words[end - n : end])
        for end, n in zip(ends, drawn.lengths, strict=True)
    )
    known = {words: odds for odds, words in _derivations("s")}
    assert set(counts) == set(known)
    for words, odds in known.items():
        assert abs(counts[words] / 20_000 - odds) < 4 * math.sqrt(odds / 20_000)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"s": ((0.5, ("a",)),), "a": ((1.0, ("x",)),)}, "of s add up to 0.5, not 1"),
        ({"s": ((1.0, ("a", "x")),), "a": ((1.0, ("x",)),)}, "s has the word 'x' beside symbols"),
        ({"s": ((1.0, ("a", "s")),), "a": ((1.0, ("x",)),)}, "s contains itself, by s → s"),
        ({"s": ((0.5, ("a",)), (0.5, ())), "a": ((1.0, ("x",)),)}, "the empty string"),
    ],
)
def test_grammars_that_are_no_such_automaton_are_refused(rules, message):
    with pytest.raises(ValueError, match=message):
        automaton(rules, "s")


# the grammar of the study


def test_every_string_has_one_derivation_only(source):
    """No two different paths of states say the same words: the square of the automaton has no such pair."""
    alike = (source.emit > 0).astype(float) @ (source.emit > 0).T.astype(float) > 0
    onward = [np.flatnonzero(row) for row in source.step]
    first = np.flatnonzero(source.start)
    seen = {(int(a), int(b)) for a in first for b in first if alike[a, b]}
    waiting = deque(seen)
    back: dict[tuple[int, int], list[tuple[int, int]]] = {}
    while waiting:
        pair = waiting.popleft()
        for a in onward[pair[0]]:
            for b in onward[pair[1]][alike[a, onward[pair[1]]]]:
                back.setdefault((int(a), int(b)), []).append(pair)
                if (int(a), int(b)) not in seen:
                    seen.add((int(a), int(b)))
                    waiting.append((int(a), int(b)))
    useful = {(a, b) for a, b in seen if source.stop[a] > 0 and source.stop[b] > 0}
    waiting = deque(useful)
    while waiting:
        for pair in back.get(waiting.popleft(), ()):
            if pair not in useful:
                useful.add(pair)
                waiting.append(pair)
    assert len(useful) >= len(source.paths)
    assert all(a == b for a, b in useful)


def test_the_entropy_is_what_the_rules_give_and_what_drawn_strings_cost(source):
    rules = grammar.rules()

    def bits(symbol):
        return sum(
            -p * math.log2(p) + p * sum(bits(name) for name in body if name in rules)
            for p, body in rules[symbol]
            if p
        )

    assert source.entropy() == pytest.approx(bits("sentence"), rel=1e-12)
    assert source.reversed().entropy() == pytest.approx(bits("sentence"), rel=1e-10)
    drawn = source.draw(np.random.default_rng(1), 1000)
    costs = source.conditionals(drawn)[0].sum() / 1000
    assert abs(costs - source.entropy()) < 4 * 15 / math.sqrt(1000)  # they deviate by some 15 bits
    assert abs(len(drawn.words) / 1000 - source.length()) < 0.6


def test_both_directions_cost_the_same_in_every_string(source, strings):
    forward = source.conditionals(strings)[0]
    backward = source.reversed().conditionals(strings.reversed())[0]
    of = np.repeat(np.arange(len(strings.lengths)), strings.lengths + 1)
    assert np.bincount(of, forward) == pytest.approx(np.bincount(of, backward), rel=1e-10)
    assert not np.allclose(np.sort(forward), np.sort(backward))


def _truths(words):
    """Return class, depth, number and whether it stands between, word by word, by a reader of its own."""
    nouns, verbs = (dict(zip(kind.ravel(), np.repeat([0, 1], kind.shape[1]), strict=True))
                    for kind in map(grammar.of_number, ("noun", "verb")))  # fmt: skip
    classes = []
    for k, word in enumerate(words):
        before, after = words[k - 1] if k else "", words[k + 1] if k + 1 < len(words) else ""
        if word in grammar.RIGHT:
            classes.append("degree" if after in grammar.PLAIN else "adjective")
        elif word in grammar.LEFT:
            classes.append("adverb" if before in verbs else "noun")
        else:
            plain = {
                "the my her no": "determiner", "near behind beside above": "preposition",
                "from towards past": "preposition", "very rather quite": "degree",
                "often today again rarely": "adverb", "town church school sea": "noun",
                " ".join(grammar.PLAIN): "adjective", "that": "relative",
                " ".join(nouns): "noun", " ".join(verbs): "verb",
            }  # fmt: skip
            classes.append(next(name for group, name in plain.items() if word in group.split()))
    depth, depths, closing = 0, [], False
    for word, kind in zip(words, classes, strict=True):
        if closing and kind != "adverb" and word not in ("from", "towards", "past") and word not in _BARE:
            depth, closing = depth - 1, False
        depth += word == "that"
        depths.append(depth)
        closing = closing or (kind == "verb" and depth > 0)
    subject = next(k for k, word in enumerate(words) if word in nouns)
    verb = next(k for k, word in enumerate(words) if word in verbs and depths[k] == 0)
    return classes, depths, nouns[words[subject]], range(subject + 1, verb), subject, verb


_BARE = {"town", "church", "school", "sea", *grammar.LEFT}


def test_what_is_said_of_every_word_is_what_a_reader_of_the_words_finds(source, strings):
    attractors = 0
    for k, start in enumerate(strings.starts):
        at = slice(start, start + strings.lengths[k])
        words = [source.words[word] for word in strings.words[at]]
        paths = [source.paths[state] for state in strings.states[at]]
        classes, depths, number, between, subject, verb = _truths(words)
        assert [grammar.CLASS_NAMES[grammar.word_class(path)] for path in paths] == classes, words
        assert [grammar.depth(path) for path in paths] == depths, words
        assert {grammar.subject_number(path) for path in paths} == {number}
        assert [i for i, path in enumerate(paths) if grammar.is_between(path)] == list(between), words
        assert [i for i, path in enumerate(paths) if grammar.is_subject(path)] == [subject]
        assert [i for i, path in enumerate(paths) if grammar.is_verb(path)] == [verb]
        numbers = [grammar.noun_number(path) for path in paths]
        assert numbers[subject] == number == (words[verb] in grammar.of_number("verb")[1])
        attractors += any(numbers[i] == 1 - number for i in between)
    assert attractors > 60


@pytest.mark.parametrize(("task", "settled"), [("left", "forward"), ("right", "backward")])
def test_only_one_neighbour_settles_a_homograph(task, settled, source, strings):
    """From the one side the class is certain; from the other, words of both classes are equally likely."""
    answers = TASKS[task].answers(source)
    groups = (answers[:, None] == np.arange(answers.max() + 1)).astype(float)
    asked = TASKS[task].asked(source, strings)
    assert asked.sum() > 50
    forward = source.conditionals(strings, groups)[1]
    turned = Strings(np.arange(len(strings.words)), strings.states, strings.lengths).reversed().words
    backward = np.empty_like(forward)
    backward[turned] = source.reversed().conditionals(strings.reversed(), groups)[1]
    one, other = (forward, backward) if settled == "forward" else (backward, forward)
    assert one[asked].max(axis=1) == pytest.approx(1)
    assert other[asked].max(axis=1) == pytest.approx(0.5)
    assert set(answers[strings.states[asked]]) == set(np.flatnonzero(other[asked][0] > 0.1))


def test_what_one_side_allows_is_told_of_every_task(source, strings):
    found = allowed(source, strings)
    assert found["left"] == {"forward": 1, "backward": pytest.approx(0.5, abs=0.15)}
    assert found["right"] == {"forward": pytest.approx(0.5, abs=0.15), "backward": 1}
    assert found["number"] == {"forward": 1, "backward": 1}
    assert found["depth"]["forward"] == 1 > found["depth"]["backward"] > 0.9
    assert all(0.9 < share < 1 for share in found["class"].values())
