"""n-grams against their definition, written with dictionaries, and what compressors need."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from experiments.studies.text.alphabet import UNKNOWN, alphabet, known, numbers
from experiments.studies.text.compression import compressed_bits
from experiments.studies.text.corpus import Document
from experiments.studies.text.ngrams import NGrams, windows

SIZE = 4


def _texts(seed=0, lengths=(40, 1, 0, 25)):
    rng = np.random.default_rng(seed)
    return [rng.choice(SIZE - 1, n, p=[0.6, 0.3, 0.1]) for n in lengths]  # the last character never occurs


def _plain(texts, n, top=True):
    """Return c(h w) of all n-grams: how often they occur, or below the highest order, behind how many."""
    if top:
        return Counter(tuple(gram) for gram in windows(texts, n).tolist())
    return Counter(gram[1:] for gram in {tuple(gram) for gram in windows(texts, n + 1).tolist()})


def _probability(texts, history, w, n, top=True):
    """Return p_n(w | h) as the module's docstring writes it."""
    if n == 0:
        return 1 / SIZE
    history = history[len(history) - n + 1 :]
    counts = _plain(texts, n, top)
    of_counts = Counter(counts.values())
    y = of_counts[1] / (of_counts[1] + 2 * of_counts[2]) if of_counts[1] else 0

    def discount(count):
        k = min(count, 3)
        if k == 0:
            return 0
        d = k - (k + 1) * y * of_counts[k + 1] / of_counts[k] if of_counts[k] else 0
        return d if 0 < d < k else 0.5 * k

    follow = {gram[-1]: count for gram, count in counts.items() if gram[:-1] == history}
    below = _probability(texts, history[1:], w, n - 1, top=False)
    if not follow:
        return below
    count, total = follow.get(w, 0), sum(follow.values())
    gamma = sum(discount(each) for each in follow.values())
    return (max(count - discount(count), 0) + gamma * below) / total


@pytest.mark.parametrize("seed", range(3))
def test_probabilities_are_those_of_the_definition(seed):
    texts, other = _texts(seed), _texts(seed + 10, (12,))
    model, grams = NGrams(texts, SIZE, 3), windows(other, 3)
    found = model.probabilities(grams)
    for row, gram in enumerate(grams.tolist()):
        for n in (1, 2, 3):
            wanted = _probability(texts, tuple(gram[:-1]), gram[-1], n)
            assert found[n - 1, row] == pytest.approx(wanted, rel=1e-12), (gram, n)


def test_probabilities_sum_to_1_over_the_alphabet_whatever_the_history():
    model = NGrams(_texts(), SIZE, 4)
    histories = np.stack(np.meshgrid(*[np.arange(SIZE)] * 3), axis=-1).reshape(-1, 3)
    histories = np.concatenate([histories, [[-1, -1, -1], [-1, -1, 2], [-1, 0, 1]]])
    total = np.zeros((4, len(histories)))
    for w in range(SIZE):
        each = model.probabilities(np.column_stack([histories, np.full(len(histories), w)]))
        assert (each > 0).all()
        total += each
    assert total == pytest.approx(np.ones_like(total), abs=1e-12)


def test_bits_are_the_mean_without_each_texts_first_character():
    model, texts = NGrams(_texts(), SIZE, 3), _texts(7, (9, 5))
    grams = np.concatenate([windows([text], 3)[1:] for text in texts])
    assert len(grams) == 12
    assert model.bits(texts) == pytest.approx(-np.log2(model.probabilities(grams)).mean(axis=1))


def test_a_text_that_repeats_needs_a_longer_history():
    text = np.tile([0, 1, 0, 2], 200)
    one, two, three = NGrams([text], SIZE, 3).bits([text])
    assert one > 1.4 > two > 0.4
    assert three < 0.05


@pytest.mark.parametrize(
    ("texts", "size", "order", "message"),
    [
        ([[0, 1]], 2, 0, "0-grams"),
        ([[0, 1]], 300, 8, "8-grams of 300 characters do not fit into 63 bits"),
        ([[]], 2, 2, "here is none"),
        ([[0, 2]], 2, 2, "numbers from 0 to 1"),
        ([[0, -1]], 2, 2, "numbers from 0 to 1"),
    ],
)
def test_what_cannot_be_counted_is_refused(texts, size, order, message):
    with pytest.raises(ValueError, match=message):
        NGrams([np.array(text, int) for text in texts], size, order)


def test_the_alphabet_is_what_is_frequent_and_one_for_the_rest():
    train = [Document("a", "xxyyz"), Document("b", "xyé")]
    characters = alphabet(train, min_count=3)
    assert characters.words == ("x", "y", UNKNOWN)
    assert numbers("yxéz", characters).tolist() == [1, 0, 2, 2]
    assert numbers("", characters).tolist() == []
    assert known([Document("c", "yéx")], characters) == [Document("c", f"y{UNKNOWN}x")]
    with pytest.raises(ValueError, match="0 characters occur 4 times"):
        alphabet(train, min_count=4)


def test_compressors_are_judged_by_what_the_test_adds():
    rng = np.random.default_rng(0)
    text = "".join(rng.choice(list("abcd"), 4000))  # 2 bits each
    train, test = [Document("a", text)], [Document("b", text[:2000]), Document("c", text[2000:])]
    new = [Document("d", "".join(rng.choice(list("abcd"), 4000)))]
    assert set(compressed_bits(train, test)) == {"bz2", "xz"}
    assert compressed_bits(train, test)["xz"] < 0.1
    for name, bits in compressed_bits(train, new).items():
        assert 1.9 < bits < 2.8, name
    doubled = compressed_bits(train, [*new, *new])  # what comes again costs xz next to nothing
    assert doubled["xz"] == pytest.approx(compressed_bits(train, new)["xz"] / 2, abs=0.05)
