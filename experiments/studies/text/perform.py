"""What a run does: a network learns to predict the next character, or its rivals are measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import models
from experiments.studies.exam import Exam, outcomes
from experiments.studies.fit import classifier, train
from experiments.studies.text.alphabet import known
from experiments.studies.text.compression import compressed_bits
from experiments.studies.text.data import Data, data
from experiments.studies.text.knowledge import knowledge
from experiments.studies.text.moments import Look, Moments
from experiments.studies.text.ngrams import NGrams
from experiments.studies.text.settings import BaselineSettings, Settings
from experiments.studies.text.windows import Numbers, chains, whole
from experiments.sweep import Recorder
from experiments.training.recorded import record_result
from experiments.training.watcher import best_epoch

SHOWN = 30  # characters of the chain that --live shows


def perform(settings: Settings, recorder: Recorder) -> None:
    """Train a network and measure its best epoch, or go on with it from its checkpoint."""
    of = data(settings, recorder.paths)
    model = new_model(settings, of)
    look = Look(settings, of)
    before = look(model)  # the same when a run goes on: new models are determined by settings
    during = Moments(lambda: look(model), settings.moments)
    to_train = chains(of.parts["train"], of.characters, settings.window)
    exam = Exam(lambda model: {"dev_loss": math.log(2) * bits(model, of.parts["dev"], settings.mode)})
    epochs = train(
        recorder,
        settings,
        model,
        to_train,
        chains([max(of.parts["dev"], key=len)], of.characters, SHOWN),  # for --live; the exam reads all
        epochs=settings.max_epochs,
        clip=settings.clip * settings.window,
        score=exam,
        measure=lambda _: {"dev_bits": exam.found["dev_loss"] / math.log(2)},
        watchers=[during],
    )
    best = best_epoch(epochs).number
    result: dict[str, Any] = {
        "dev_bits": bits(model, of.parts["dev"], settings.mode),
        "test_bits": bits(model, of.parts["test"], settings.mode),
        "best_epoch": best,
        "characters": best * len(to_train.inner),  # trained on until then
        "epochs": len(epochs),
        "alphabet": len(of.characters),
        **_told(before, during.found, look(model), look.excerpt),
        "cells": knowledge(settings, model, of),
    }
    record_result(recorder, model, result)


def measure_baselines(settings: BaselineSettings, recorder: Recorder) -> None:
    """Measure n-grams and compressors on a corpus."""
    of = data(settings, recorder.paths)
    ngrams = NGrams(of.parts["train"], len(of.characters), settings.order)
    found = {part: ngrams.bits(of.parts[part]).tolist() for part in ("dev", "test")}
    train, test = (known(of.corpus.parts[part], of.characters) for part in ("train", "test"))
    recorder.progress(sum(map(len, of.parts["train"])))
    recorder.result(
        {"ngrams": found, "compressors": compressed_bits(train, test), "alphabet": len(of.characters)}
    )


def new_model(settings: Settings, of: Data) -> models.TreeClassifier:
    """Return the network before training, which the settings determine."""
    return classifier(settings, of.characters, len(of.characters), bound=settings.word_bound, head="labelled")


def _told(
    before: dict[str, Any], during: list[dict[str, Any]], after: dict[str, Any], excerpt: dict[str, Any]
) -> dict[str, Any]:
    """Return what was looked at by what it is, "reach" and "itemised", not by when."""
    return {
        what: {
            **first,
            "before": before[what],
            "during": [{"characters": row["characters"], **row[what]} for row in during],
            "after": after[what],
        }
        for what, first in (("reach", {}), ("itemised", excerpt))
    }


def bits(model: models.TreeClassifier, texts: Sequence[Numbers], mode: str) -> float:
    """Return the bits per character of whole texts, whose first characters are not predicted."""
    losses = [outcomes(model, forest, mode)[0] for forest in whole(texts, model.vocabulary)]
    return float(np.concatenate(losses).mean() / math.log(2))
