"""What each loss sends back to each earlier state, against finite differences and the ordinary gradient."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import models
from experiments.studies.text.corpus import Corpus, Document
from experiments.studies.text.data import Data
from experiments.studies.text.itemised import itemised, varied
from experiments.studies.text.moments import Moments
from experiments.studies.text.truths import truths
from tests.experiments.studies.text.networks import SIZE, STEPS, D, differences, language_model

FIRST, TEXT = 2, np.random.default_rng(1).integers(SIZE, size=9)


@pytest.mark.parametrize("kind", STEPS)
def test_each_entry_is_a_finite_difference(kind):
    model = language_model(kind)
    found = itemised(model, TEXT, FIRST, "level")
    assert set(found) == {part.name for part in model.cell.parts}
    for part, vectors in found.items():
        assert vectors.shape == (6, 6, D)
        for t in range(6):
            for j in range(6):
                wanted = (
                    differences(model, TEXT[: FIRST + t + 2], FIRST + j + 1, part) if j <= t else np.zeros(D)
                )
                assert vectors[t, j] == pytest.approx(wanted, abs=1e-6)
        assert np.abs(vectors).max() > 0.1


@pytest.mark.parametrize(("kind", "mode"), [*((kind, "level") for kind in STEPS), (models.LSTM, "compiled")])
def test_the_sum_over_losses_is_the_ordinary_gradient_of_their_sum(kind, mode):
    model = language_model(kind)
    loss, states = model.loss(_chain(model), mode)  # of one chain: the sum over its places
    loss.backward()
    for part, vectors in itemised(model, TEXT, FIRST, mode).items():
        ordinary = states[part].grad[_chain(model).inner][FIRST:]
        np.testing.assert_allclose(vectors.sum(axis=0), ordinary, atol=1e-12)
        assert np.abs(ordinary).max() > 0.1


def _chain(model):
    """Return the text as one chain, with a loss at each place from FIRST on."""
    labels = np.where(np.arange(8) < FIRST, -1, TEXT[1:])
    return models.chain_forest(TEXT[:-1], [8], model.vocabulary, labels=labels)


def test_gradients_of_the_parameters_are_left_alone():
    model = language_model(models.GRU)
    model.loss(_chain(model), "level")[0].backward()
    own = [parameter.grad for parameter in model.parameters()]
    kept = [np.array(_values(gradient)) for gradient in own]
    itemised(model, TEXT, FIRST, "level")
    for parameter, before, values in zip(model.parameters(), own, kept, strict=True):
        assert parameter.grad is before
        assert np.array_equal(_values(before), values)


def _values(gradient):
    return getattr(gradient, "values", gradient)  # of a table's rows, or of all of it


def test_edges():
    model = language_model(models.LSTM)
    one = itemised(model, TEXT[:2], 0, "level")
    assert one["h"].shape == (1, 1, D)
    assert one["h"].any()
    assert not one["c"].any()  # c_t is read through h_t
    for text, first in ((TEXT[:1], 0), (TEXT, 8), (TEXT, -1)):
        with pytest.raises(
            ValueError, match=f"{len(text)} characters has none that is predicted from place {first}"
        ):
            itemised(model, text, first, "level")


def _data(*texts):
    documents = tuple(Document(f"d{k}", text) for k, text in enumerate(texts))
    return Data(
        Corpus("prose", "", {"train": (), "dev": documents, "test": ()}), models.Vocabulary(["a"]), {}
    )


def test_the_excerpt_begins_a_line_and_all_truths_vary_in_it(monkeypatch):
    monkeypatch.setattr("experiments.studies.text.itemised.WARM_UP", 5)
    plain, quoted = "no quotes at all here\n", 'x "yes it is" so\n'
    of = _data(plain * 4, plain * 2 + quoted + plain * 2, quoted)
    number, start = varied(of, 20)
    text = of.corpus.parts["dev"][number].text[start : start + 20]
    assert (number, start) == (1, 2 * len(plain))
    assert all(
        len(set(truths("prose", Document("", text))[name])) > 1 for name in ("quotes", "position", "letters")
    )


def test_without_lines_or_quotes_the_excerpt_begins_anywhere_with_enough_before_it(monkeypatch):
    monkeypatch.setattr("experiments.studies.text.itemised.WARM_UP", 5)
    assert varied(_data("abc defghij k"), 7) == (0, 5)
    with pytest.raises(ValueError, match="no text has 14 characters, for an excerpt of 8"):
        varied(_data("abc defghij k"), 8)


def test_a_moment_is_the_first_update_that_reaches_it():
    looks = iter("abc")
    moments = Moments(lambda: {"look": next(looks)}, (10, 15, 20, 50))
    for _ in range(4):
        moments.batch(np.arange(1), SimpleNamespace(inner=np.arange(10)), None)
    assert moments.found == [{"characters": 10, "look": "a"}, {"characters": 20, "look": "b"}]
