"""The summary in Markdown, with every number and verdict computed from the rows."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.studies.runs import Runs, by, chosen
from experiments.studies.text.groups import TITLES, baselines, networks_of, trained
from experiments.studies.text.sent_back import itemised_table
from experiments.studies.text.settings import PREDICTIONS
from experiments.studies.text.units import reach_table, units_table, verdicts_of_units
from experiments.sweep.wording import alerts_in_words, median_range, table, verdict


def summary(runs: Runs) -> str:
    """Return a section for each corpus."""
    return "\n".join(
        line for corpus, own in by(runs, "corpus", TITLES).items() for line in _corpus(corpus, own)
    )


def _corpus(corpus: str, runs: Runs) -> Iterator[str]:
    rivals = baselines(runs)
    settings, result = rivals.settings, rivals.result
    title = TITLES[corpus]
    yield f"# {title[0].upper()}{title[1:]}\n"
    yield (
        f"{settings['version']}, {result['alphabet']} different characters (those that are rarer than "
        f"{settings['min_count']} in train count as one); sha256 of the corpus {settings['hash'][:16]}. "
        "Bits per character; networks: medians and ranges of the runs.\n"
    )
    rows = [
        [
            name,
            median_range([run.result["dev_bits"] for run in own], "{:.3f}"),
            median_range([run.result["test_bits"] for run in own], "{:.3f}"),
            median_range([run.epochs for run in own], "{:.0f}"),
            alerts_in_words(own),
        ]
        for name, own in networks_of(runs).items()
    ]
    for number, (dev, test) in enumerate(zip(*result["ngrams"].values(), strict=True), 1):
        rows.append([f"{number}-grams, Kneser–Ney", f"{dev:.3f}", f"{test:.3f}", "", ""])
    rows += [[name, "", f"{bits:.3f}", "", ""] for name, bits in result["compressors"].items()]
    yield table(["model", "dev", "test", "epochs", "alerts"], rows) + "\n"
    yield reach_table(runs) + "\n"
    if trained(runs):
        yield itemised_table(runs) + "\n"
    yield units_table(runs) + "\n"
    if corpus == "python":
        yield from verdicts_of_units(runs)
    if corpus == "prose":
        yield from _prose(runs, best_ngrams(result["ngrams"])[1])


def best_ngrams(found: dict[str, list[float]]) -> tuple[int, float]:
    """Return the order that is best on dev, and its bits per character on test."""
    order = min(range(len(found["dev"])), key=found["dev"].__getitem__)
    return order + 1, found["test"][order]


def _prose(runs: Runs, ngrams: float) -> Iterator[str]:
    """Return what was expected of the LSTM on prose, and whether it holds, where there are such runs."""
    lstm, elman = (
        {run.settings["run"]: run for run in chosen(trained(runs), cell=cell, D=128)}
        for cell in ("LSTM", "Elman")
    )
    if not lstm:
        return
    bits = {number: run.result["test_bits"] for number, run in lstm.items()}
    most = PREDICTIONS["prose_bits"]
    worst, count = max(bits.values()), len(bits)
    yield (
        f"- The LSTM (D 128) needs at most {most:g} bits per character on test: {verdict(worst <= most)} "
        f"(at most {worst:.3f} in {count} runs)."
    )
    if elman:
        below = sum(own < elman[k].result["test_bits"] for k, own in bits.items() if k in elman)
        yield (
            f"- It needs less than the Elman network of the same seed: {verdict(below == count)} "
            f"({below} of {count} runs)."
        )
    below = sum(own < ngrams for own in bits.values())
    yield (
        f"- It needs less than the n-grams that are best on dev, {ngrams:.3f}: {verdict(below == count)} "
        f"({below} of {count} runs)."
    )
