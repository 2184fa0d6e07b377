"""The watcher that looks at a model while it is trained, and appends what it sees to a file."""

from __future__ import annotations

import time
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

import minigrad as mg
import models
from experiments.training.live import look
from experiments.training.live.lines import Lines
from experiments.training.live.sample import DepthSample, quantiles_by_depth
from experiments.training.live.throttle import Throttle
from experiments.training.monitoring import quiet_monitor
from experiments.training.ratios import RatioWatcher
from experiments.training.watcher import Epoch, Watcher
from minigrad.monitor import Monitor, Observation

CONTRACT = 1
# Shares of the time of training, 1 % together: looks at one matrix each, looks at all of them after epochs,
# ratios of a minibatch, rules that see one.
LOOKS, WHOLES, RATIOS, RULES = 0.003, 0.005, 0.001, 0.001
LOOK_EVERY, WHOLE_EVERY = 0.2, 1.0  # seconds, at least
DOUBLED_AFTER, WHOLE_DOUBLED_AFTER = 300, 50  # looks
FREE = 0.006  # seconds of a training for looks after epochs, whatever their share
GATES = "gates"
GATES_EVERY = 3  # matrices: gates change faster, and are all seen at once
LISTED = ("rule", "message", "value", "epoch", "batch", "node", "row", "op", "parameter")


class LiveWatcher(Watcher):
    """Appends looks at a training to a file, which a dashboard reads; README.md has the lines' contract.

    It draws no random number and leaves the gradients of parameters as they were, so that training takes the
    same course with and without it. If it fails, training goes on, with one warning. A checkpoint does not
    know of it: a run may be resumed with it or without.

    Parameters
    ----------
    path : Path
        Of the file.
    name : str
        Of the run, whose parts tell what it is: ``"mine/RLSTM"``, ``"length/03/RLSTM/2"``.
    model : TreeClassifier
    sentence : Forest
        One tree, or chain, labelled as for training, whose gradients are followed.
    nodes : function of a forest, optional
        Gives the rows whose gradients matter, such as those of the keywords; all if left out.
    ratios : RatioWatcher, optional
        One that comes before this in the training: ratios of epochs are then its, of all trees, not sampled.
    monitor : Monitor, optional
        One that observes the training already; if there is none, one of its own sees a sample of minibatches.
    mode : str
        Of the fold.
    tell : function of a text, optional
        Called once if looks can't be taken or written; by default a RuntimeWarning.

    Raises
    ------
    ValueError
        If `sentence` is not one tree.
    """

    in_checkpoint = False

    def __init__(
        self,
        path: Path,
        name: str,
        model: models.TreeClassifier,
        sentence: models.Forest,
        *,
        nodes: Callable[[models.Forest], np.ndarray] | None = None,
        ratios: RatioWatcher | None = None,
        monitor: Monitor | None = None,
        mode: str = "compiled",
        tell: Callable[[str], object] | None = None,
    ) -> None:
        if len(sentence) != 1:
            raise ValueError(f"one sentence is looked at, not {len(sentence)}; choose one with select([k])")
        self.path = path
        self._id, self._name, self._model, self._sentence = path.stem, name, model, sentence
        self._nodes, self._measured, self._mode = nodes, ratios, mode
        self._chain, self._gated = models.is_chain_cell(model.cell), True  # until the first look
        self._own = monitor is None
        self._monitor = quiet_monitor(every=1) if monitor is None else monitor
        self._lines = Lines(path, _warn if tell is None else tell)
        self._parameters = dict(model.named_parameters())
        self._matrices = look.matrices(model)
        self._looks = Throttle(LOOKS, LOOK_EVERY, DOUBLED_AFTER)
        self._wholes = Throttle(WHOLES, WHOLE_EVERY, WHOLE_DOUBLED_AFTER, FREE)
        self._ratios, self._rules = Throttle(RATIOS), Throttle(RULES)
        self._sample = DepthSample()
        self._turns: deque[str] = deque()
        self._epochs = self._batch = self._seen = self._trees = self._told = 0
        self._started = 0.0

    def begin(self, epochs: Sequence[Epoch]) -> None:
        """Write what the looks are of, and look for the first time; `epochs`: those before a resumption."""
        self._epochs, self._started = len(epochs), time.thread_time()
        self._told = len(self._monitor.alerts)
        self._guarded(lambda: self._begin(list(epochs)))

    def batch(self, trees: np.ndarray, forest: models.Forest, states: mg.NodeStates) -> None:
        """Look, if it is time."""
        self._batch += 1
        self._seen += len(trees)
        now = time.thread_time()
        if now >= self._ratios.next or self._batch == 1:  # every epoch has some
            self._guarded(lambda: self._take_sample(trees, forest, states))
            self._ratios.spent(now, now := time.thread_time())
        if now >= self._rules.next:
            self._guarded(lambda: self._ask_rules(forest, states))
            self._rules.spent(now, now := time.thread_time())
        if now >= self._looks.next:
            self._guarded(self._look)

    def epoch(self, epoch: Epoch) -> None:
        """Write the epoch's numbers; look, if it is time."""
        self._trees = self._seen
        self._guarded(lambda: self._end_epoch(epoch))
        self._epochs, self._batch, self._seen = epoch.number, 0, 0
        self._sample = DepthSample()

    def close(self, why: str) -> None:
        """Write that training has ended: "finished", "failed" or "stopped"."""
        self._lines.write({"kind": "end", "why": why})
        self._lines.close()

    def _guarded(self, action: Callable[[], None]) -> None:
        """Do something that must not stop training."""
        if not self._lines.failed:
            try:
                action()
            except Exception as error:  # whatever a model of the user's own may raise
                self._lines.fail(f"{type(error).__name__}: {error}")

    def _begin(self, epochs: list[Epoch]) -> None:
        self._lines.begin(afresh=not epochs)
        sentence = self._sentence
        marked = [] if self._nodes is None else [int(row) for row in self._nodes(sentence)]
        self._lines.write(
            {
                "kind": "live",
                "contract": CONTRACT,
                "run": self._id,
                "name": self._name,
                "model": type(self._model.cell).__name__,
                "epochs": len(epochs),
                "matrices": list(self._matrices),
                "sentence": {
                    "left": sentence.left,
                    "right": sentence.right,
                    "words": [_word(sentence, row) for row in range(sentence.n_nodes)],
                    "marked": marked,
                    "chain": self._chain,
                },
            }
        )
        if not epochs and self._measured is not None and self._measured.ratios:
            self._lines.write({"kind": "epoch", "epoch": 0, "by_depth": self._by_depth()})
        for epoch in epochs:
            self._lines.write({"kind": "epoch", **_numbers(epoch)})
        self._look(whole=True)
        for number, name in enumerate(self._matrices):
            self._turns.extend([GATES] if self._gated and number % GATES_EVERY == 0 else [])
            self._turns.append(name)

    def _take_sample(self, trees: np.ndarray, forest: models.Forest, states: mg.NodeStates) -> None:
        """Add a minibatch to the epoch's ratios."""
        self._trees = max(self._trees, int(trees.max()) + 1)
        rows = self._rows(forest)
        self._sample.add(Observation(self._epochs + 1, self._batch, states, forest, rows))

    def _rows(self, forest: models.Forest) -> np.ndarray:
        """Return the rows whose gradients matter; the words of a chain have none."""
        if self._nodes is not None:
            return self._nodes(forest)
        return np.flatnonzero(forest.left >= 0) if self._chain else np.arange(forest.n_nodes)

    def _ask_rules(self, forest: models.Forest, states: mg.NodeStates) -> None:
        """Show a minibatch to the monitor, unless that sees all; write its alerts."""
        if self._own:
            self._monitor.epoch, self._monitor.batch = self._epochs + 1, self._batch - 1
            self._monitor.observe(states, forest, nodes=self._rows(forest), parameters=self._parameters)
        self._tell_alerts()

    def _look(self, whole: bool = False, ratios: dict[str, Any] | None = None) -> None:
        """Write a look: with all eigenvalues and gates, or those of one matrix, or the gates, in turn."""
        start = time.thread_time()
        line: dict[str, Any] = {
            "kind": "look",
            "epoch": self._epochs + 1,
            "batch": self._batch,
            "at": self._at(),
            "t": start - self._started,
            "by_depth": self._sample.by_depth() if ratios is None else ratios,
            "heat": look.heat(self._model, self._sentence, self._mode),
            "rules": {
                rule.name: [rule.value, int(rule.state_dict()["strikes"] > 0), rule.threshold]
                for rule in self._monitor.rules
                if rule.verdicts
            },
        }
        wanted = [*self._matrices, *[GATES] * self._gated] if whole else list(self._turns)[:1]
        self._turns.rotate(-1)
        line["spectrum"] = {name: look.spectrum(self._matrices[name]) for name in wanted if name != GATES}
        if GATES in wanted:
            line[GATES] = look.gates(self._model, self._sentence)
            self._gated = bool(line[GATES])
        line["cost_ms"] = 1e3 * (time.thread_time() - start)
        self._lines.write(line)
        (self._wholes if whole else self._looks).spent(start, time.thread_time())

    def _at(self) -> float:
        """Return which part of the epoch is over; how many trees there are, the first one shows by and by."""
        return min(1.0, self._seen / self._trees) if self._trees else 0.0

    def _end_epoch(self, epoch: Epoch) -> None:
        ratios = self._by_depth()
        self._lines.write({"kind": "epoch", **_numbers(epoch), "by_depth": ratios})
        if self._own:
            self._monitor.epoch = epoch.number
            self._monitor.end_epoch(epoch.loss)
        self._tell_alerts()
        if time.thread_time() >= self._wholes.next:
            self._look(whole=True, ratios=ratios)

    def _by_depth(self) -> dict[str, Any] | None:
        """Return the ratios of an epoch that is over, or of the time before the first."""
        if self._measured is None:
            return self._sample.by_depth()
        return quantiles_by_depth(self._measured.depth, next(iter(self._measured.ratios.values())))

    def _tell_alerts(self) -> None:
        """Write the alerts since the last time."""
        thresholds = {rule.name: rule.threshold for rule in self._monitor.rules}
        for alert in self._monitor.alerts[self._told :]:
            fields = asdict(alert)
            at = self._at() if alert.batch else 1.0
            self._lines.write(
                {
                    "kind": "alert",
                    **{name: fields[name] for name in LISTED},
                    "at": at,
                    "threshold": thresholds[alert.rule],
                }
            )
        self._told = len(self._monitor.alerts)


def _numbers(epoch: Epoch) -> dict[str, Any]:
    return {"epoch": epoch.number, "loss": epoch.loss, "dev_accuracy": epoch.dev_accuracy}


def _word(sentence: models.Forest, row: int) -> str | None:
    number = int(sentence.word[row])
    return None if number < 0 else str(sentence.vocabulary.words[number])


def _warn(text: str) -> None:
    warnings.warn(text, RuntimeWarning, stacklevel=2)
