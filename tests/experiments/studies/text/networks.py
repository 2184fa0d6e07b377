"""Networks that are written down once more, in NumPy, for finite differences of their losses."""

from __future__ import annotations

import numpy as np

import models

D, E, SIZE = 5, 4, 6


def _sigmoid(a):
    return 1 / (1 + np.exp(-a))


def _elman(p, x, h):
    return {"h": np.tanh(p["W"] @ h["h"] + p["U"] @ x + p["b"])}


def _gru(p, x, s):
    h = s["h"]
    u, r = (_sigmoid(p[f"W{g}"] @ h + p[f"U{g}"] @ x + p[f"b{g}"]) for g in "ur")
    return {"h": (1 - u) * h + u * np.tanh(p["Wh"] @ (r * h) + p["Uh"] @ x + p["bh"])}


def _lstm(p, x, s):
    f, i, c, o = (p[f"W{g}"] @ s["h"] + p[f"U{g}"] @ x + p[f"b{g}"] for g in "fico")
    memory = _sigmoid(f) * s["c"] + _sigmoid(i) * np.tanh(c)
    return {"h": _sigmoid(o) * np.tanh(memory), "c": memory}


STEPS = {models.Elman: _elman, models.GRU: _gru, models.LSTM: _lstm}


def language_model(kind, dtype=np.float64):
    """Return a model of six characters, all of whose parameters are drawn at random."""
    rng = np.random.default_rng(3)
    cell = kind(D, rng, dtype=dtype, E=E)
    model = models.TreeClassifier(cell, models.Vocabulary(list("abcdef")), SIZE, rng, head="labelled")
    for parameter in model.parameters():  # biases and words, too
        parameter.data[...] = rng.normal(0, 0.7, parameter.shape)
    return model


def last_loss(model, context, place=None, part=None, change=0.0):
    """Return J of a context, the state after `place` characters changed."""
    weights = {name: parameter.data for name, parameter in model.cell.named_parameters()}
    state = {each.name: np.zeros(D) for each in model.cell.parts}
    for count, character in enumerate(context[:-1], 1):
        state = STEPS[type(model.cell)](weights, model.L.data[character], state)
        if count == place:
            state[part] = state[part] + change
    scores = model.Ws.data @ state["h"] + model.bs.data
    return np.log(np.exp(scores).sum()) - scores[context[-1]]


def differences(model, context, place, part, eps=1e-5):
    """Return the derivative of J of a context by a part of the state after `place` characters, (D,)."""
    up, down = (
        [last_loss(model, context, place, part, sign * e) for e in eps * np.eye(D)] for sign in (1, -1)
    )
    return (np.array(up) - np.array(down)) / (2 * eps)
