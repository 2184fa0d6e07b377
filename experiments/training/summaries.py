"""Summaries of an epoch's gradient ratios, thousands of numbers, that are small enough for a row."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from experiments.sweep.rows import number

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
SAMPLE = 300  # trees whose ratios are kept one by one, the same in every epoch
RESAMPLES = 1_000
CONFIDENCE = 0.99


def by_depth(depth: np.ndarray, ratio: np.ndarray) -> dict[str, Any]:
    """Return quantiles of the ratios for every keyword depth.

    Parameters
    ----------
    depth : (trees,) array of int
    ratio : (trees,) array
        NaN and inf are left out, and counted.
    """
    known = np.isfinite(ratio)
    depths = np.unique(depth[known])
    groups = [ratio[known & (depth == d)] for d in depths]
    return {
        "depth": depths.tolist(),
        "count": [len(group) for group in groups],
        "quantiles": [[_short(q, 6) for q in np.quantile(group, QUANTILES)] for group in groups],
        "left_out": int(np.count_nonzero(~known)),
    }


def quantiles_at(table: Mapping[str, Any], depth: int) -> tuple[float, ...]:
    """Return the quantiles that `by_depth` found at a depth, the median third; NaN where there are none."""
    if depth not in table["depth"]:
        return (math.nan,) * len(QUANTILES)
    return tuple(number(q) for q in table["quantiles"][table["depth"].index(depth)])


def median_at(tables: Iterable[Mapping[str, Any]], depth: int) -> float:
    """Return the median over runs of the median at a depth; NaN where no run has one."""
    medians = [quantiles_at(table, depth)[2] for table in tables]
    return statistics.median([value for value in medians if not math.isnan(value)] or [math.nan])


def overall(depth: np.ndarray, ratio: np.ndarray) -> dict[str, Any]:
    """Return the numbers over several depths that claims need, and a sample; None without trees."""
    known = np.isfinite(ratio)
    deep, deeper = ratio[known & (depth >= 2)], ratio[known & (depth >= 8)]
    return {
        "q95_from_2": _short(np.quantile(deep, 0.95), 6) if len(deep) else None,
        "above_2": _short((ratio[known] > 2).mean(), 6) if known.any() else None,
        "median_from_8": _short(np.median(deeper), 6) if len(deeper) else None,
        "sample": {
            "depth": depth[:SAMPLE].tolist(),
            "ratio": [_short(r, 4) if np.isfinite(r) else None for r in ratio[:SAMPLE]],
        },
    }


def median_interval(ratio: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    """Return the median and its 99 % bootstrap interval (percentiles of the medians of resamples).

    Parameters
    ----------
    ratio : (trees,) array
        NaN and inf are left out.
    rng : numpy.random.Generator
    """
    ratio = ratio[np.isfinite(ratio)]
    if not len(ratio):
        return {"n": 0, "median": None, "lower": None, "upper": None}
    medians = np.median(ratio[rng.integers(len(ratio), size=(RESAMPLES, len(ratio)))], axis=1)
    lower, upper = np.quantile(medians, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return {
        "n": len(ratio),
        "median": _short(np.median(ratio), 6),
        "lower": _short(lower, 6),
        "upper": _short(upper, 6),
    }


def _short(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")
