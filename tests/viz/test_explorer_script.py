"""The explorer's script, run by node, beside the engine."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from viz.explorer import explorer_page
from viz.explorer.draws import Drawn, drawn
from viz.explorer.flow import gradient_norms, largest_slope
from viz.explorer.presets import PRESETS
from viz.explorer.settings import CONTROLS, Choice, Settings

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None, reason="there is no node to run the page's script"
)
DRAWN, COMPARED = 240, 200
# Beyond it 1 − tanh²(c) has lost half its digits: the last bit of tanh, in which libraries differ, decides.
LARGEST_MEMORY = 8
# A step that takes more of a gradient leaves the rounding of what would be 0: ReLU can stop all of a vector
# that an orthogonal matrix of two units has turned into one direction.
LEAST_SHARE = 1e-13
ADDRESSES = (
    "#T=7&matrix=delay&scale=0.35&by=radius&D=10&f=relu&forget=-1.5&input=0.25&seed=9&t=7",
    "",
    "#D=7&T=1e9&speed=3",
    "#scale=&f=constructor&t=-1",
    "#scale=0.333&T=20.5",
    "#t=2.5",
)


def random_settings(count):
    """Return settings anywhere in the ranges of the sliders."""
    rng = np.random.default_rng(18)

    def draw(control):
        if isinstance(control, Choice):
            return control.values[rng.integers(len(control.values))]
        steps = round((control.high - control.low) / control.step)
        value = control.low + control.step * int(rng.integers(steps + 1))
        return round(value) if control.step == 1 else round(value, 6)

    return [Settings(**{name: draw(control) for name, control in CONTROLS.items()}) for _ in range(count)]


SETTINGS = random_settings(DRAWN)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    page = tmp_path_factory.mktemp("explorer") / "explorer.html"
    page.write_text(explorer_page(), encoding="utf-8")
    jobs = {
        "settings": [setting.as_dict() for setting in SETTINGS],
        "addresses": ADDRESSES,
        "facts": [(preset.settings.as_dict(), fact.__dict__) for preset in PRESETS for fact in preset.facts],
    }
    command = ["node", str(Path(__file__).with_name("explorer_page.js")), str(page)]
    done = subprocess.run(command, input=json.dumps(jobs), capture_output=True, encoding="utf-8", check=True)
    return json.loads(done.stdout)


def numbers(text):
    return np.frombuffer(base64.b64decode(text))


def made(found, D):
    weights = {
        cell: {name: numbers(W).reshape(D, D) for name, W in of.items()}
        for cell, of in found["weights"].items()
    }
    return Drawn(weights, numbers(found["x"]).reshape(-1, D), numbers(found["g"]))


def largest_memory(setting, of):
    """Return the largest |c| of the LSTM."""
    p, h, c, most = of.weights["lstm"], np.zeros(setting.D), np.zeros(setting.D), 0.0
    for x in of.x:
        f, i, o, candidate = (p[f"W{gate}"] @ h + p[f"U{gate}"] @ x for gate in "fioc")
        c = sigmoid(f + setting.forget) * c + sigmoid(i) * np.tanh(candidate)
        h = sigmoid(o) * np.tanh(c)
        most = max(most, np.abs(c).max())
    return most


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def first_of_value(norms):
    """Return the earliest step from which on the norms are more than the rounding of 0."""
    lost = np.flatnonzero((norms[:-1] > 0) & (norms[:-1] < LEAST_SHARE * norms[1:]))
    return int(lost[-1]) + 1 if len(lost) else 0


def log10(norms):
    with np.errstate(divide="ignore"):
        return np.log10(norms)


# The first setting of each nonlinearity
FIRST = sorted({setting.f: k for k, setting in reversed([*enumerate(SETTINGS)])}.values())


@pytest.mark.parametrize(
    ("chosen", "least", "mode"),
    [
        pytest.param(range(DRAWN), COMPARED, "compiled", marks=pytest.mark.slow, id="all"),
        pytest.param(FIRST[:1], 1, "level", id="one"),
        pytest.param(FIRST, len(FIRST) - 1, "level", marks=pytest.mark.slow, id="one per nonlinearity"),
    ],
)
def test_every_norm_is_the_engines(ran, chosen, least, mode):
    """The page's own matrices and words, through `models`' cells: 1e-8 decades for all cells and steps.

    Left out is what rounding decides: the LSTM where its memory is large, and rounded zeros.
    """
    compared, left_out = 0, 0
    seen = {(setting.matrix, setting.by, setting.D, setting.f) for setting in SETTINGS}
    assert len(seen) > 80
    for setting, found in ((SETTINGS[k], ran["settings"][k]) for k in chosen):
        of = made(found, setting.D)
        engine = gradient_norms(of, setting.f, setting.forget, mode)
        assert set(engine) == {"elman", "lstm", "gru"}
        if largest_memory(setting, of) > LARGEST_MEMORY:
            del engine["lstm"]
        compared += "lstm" in engine
        for cell in engine:
            norms = numbers(found["norms"][cell])
            assert len(norms) == setting.T + 1
            first = first_of_value(engine[cell])
            left_out += first > 0
            found_logs, engine_logs = log10(norms[first:]), log10(engine[cell][first:])
            np.testing.assert_allclose(
                found_logs, engine_logs, rtol=0, atol=1e-8, err_msg=f"{cell}: {setting}"
            )
            assert (norms[:first] <= LEAST_SHARE).all()
    assert compared >= least
    assert left_out <= 3


def test_matrices_words_and_cotangents_are_those_of_the_twin(ran):
    """What Python draws by the same seed, for the still and for presets where there is no node."""
    for setting, found in zip(SETTINGS, ran["settings"], strict=True):
        page, twin = made(found, setting.D), drawn(setting)
        np.testing.assert_allclose(page.x, twin.x, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(page.g, twin.g, rtol=1e-12, atol=1e-12)
        for cell, weights in twin.weights.items():
            assert set(page.weights[cell]) == set(weights)
            for name, W in weights.items():
                scale = 1e-11 * np.abs(W).max()
                np.testing.assert_allclose(
                    page.weights[cell][name], W, rtol=0, atol=scale, err_msg=str(setting)
                )


def test_eigenvalues_radius_norm_and_bound(ran):
    for setting, found in zip(SETTINGS, ran["settings"], strict=True):
        W = made(found, setting.D).weights["elman"]["W"]
        assert found["norm"] == pytest.approx(np.linalg.norm(W, 2), rel=1e-12)
        assert found[setting.by] == pytest.approx(setting.scale, rel=1e-12)
        values = np.array([complex(*value) for value in found["values"]])
        assert found["radius"] == pytest.approx(np.abs(values).max(), rel=1e-12)
        assert len(values) == setting.D
        expected = np.linalg.eigvals(W)
        for value in expected:  # each has its own near it, also those of a delay line, which are all the same
            assert np.abs(values - value).min() < 1e-9 * found["norm"]
        assert values.sum() == pytest.approx(np.trace(W), abs=1e-9 * found["norm"])
        assert (values**2).sum() == pytest.approx(np.trace(W @ W), abs=1e-9 * found["norm"] ** 2)
        bound, elman = numbers(found["norms"]["bound"]), numbers(found["norms"]["elman"])
        factor = found["norm"] * largest_slope(setting.f)
        np.testing.assert_allclose(bound, factor ** np.arange(setting.T, -1.0, -1.0), rtol=1e-10)
        assert (elman <= bound * (1 + 1e-10)).all()


def test_every_number_of_a_preset_is_what_the_page_computes(ran):
    facts = [fact for preset in PRESETS for fact in preset.facts]
    for fact, value in zip(facts, ran["facts"], strict=True):
        if fact.what == "turns":
            assert value == fact.value
        else:
            assert value == pytest.approx(fact.value, rel=0.01, abs=0)


def test_largest_slopes_are_those_of_the_engine(ran):
    assert set(ran["slopes"]) == set(CONTROLS["f"].values)
    for name, slope in ran["slopes"].items():
        assert slope == largest_slope(name)


def test_an_address_is_read_and_what_is_wrong_in_it_is_said(ran):
    first, none, wrong, empty, between, half = ran["addresses"]
    wanted = {"T": 7, "matrix": "delay", "scale": 0.35, "by": "radius", "D": 10, "f": "relu"}
    assert first == {
        "settings": {**wanted, "forget": -1.5, "input": 0.25, "seed": 9},
        "t": 7,
        "wrong": [],
    }
    defaults = ran["data"]["defaults"]
    assert none == {"settings": defaults, "t": 0, "wrong": []}
    assert wrong["settings"] == empty["settings"] == between["settings"] == defaults
    assert wrong["wrong"] == [
        "D is one of 1, 2, 10, 50, not “7”",
        "T lies between 2 and 100, it can't be “1e9”",
        "there is no setting “speed”",
    ]
    assert len(empty["wrong"]) == 3
    assert "“constructor”" in empty["wrong"][1]
    assert between["wrong"] == [
        "scale goes in steps of 0.01, not “0.333”",
        "T goes in steps of 1, not “20.5”",
    ]
    assert half == {"settings": defaults, "t": 0, "wrong": ["t is a step from 0 to 100"]}
    assert ran["written"].startswith("#T=100&matrix=orthogonal&")
    assert ran["written"].endswith("&t=3")
