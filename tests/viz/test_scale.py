import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import colormaps
from matplotlib.colors import to_hex

from viz.colour import contrast
from viz.limits import MOST_TICKS
from viz.scale import NormScale, RatioScale, fitted, ratios_to_root
from viz.style import INFINITE, NAN, OUTSIDE, SPECIAL, ZERO

COLOURS = {to_hex(colour) for colour in colormaps["cividis"](range(256))}
DIVERGING = {to_hex(colour) for colour in colormaps["PuOr_r"](range(256))}
norms = st.floats(min_value=0) | st.just(math.nan)
slow = settings(derandomize=True, deadline=None)


@slow
@given(st.lists(norms))
def test_no_value_lies_outside_the_scale_fitted_to_it(values):
    scale = NormScale.fit(values)
    for value in values:
        style = scale.style(value)
        if math.isnan(value):
            assert style is NAN
        elif value == 0:
            assert style is ZERO
        elif math.isinf(value):
            assert style is INFINITE
        else:
            assert style.fill in COLOURS
            assert style.note is None


@slow
@given(norms, st.floats(1e-300, 1e300), st.floats(1.1, 1e5))
def test_a_value_beyond_the_limits_never_takes_a_colour_of_the_map(value, vmin, factor):
    scale = NormScale(vmin, vmin * factor)
    coloured = scale.style(value).fill in COLOURS
    assert coloured == (scale.vmin <= value <= scale.vmax)


@slow
@given(st.floats(1e-6, 1), st.floats(1e-6, 1))
def test_the_larger_norm_is_never_the_darker(one, other):
    scale = NormScale(1e-6, 1)
    low, high = sorted((one, other))
    assert scale.position(low) <= scale.position(high)
    dark = contrast(scale.style(low).fill, "#000000")
    assert dark <= contrast(scale.style(high).fill, "#000000") + 1e-9


def test_equal_steps_of_the_logarithm_are_equal_steps_of_the_map():
    scale = NormScale(1e-6, 1)
    assert scale.position(1e-3) == pytest.approx(0.5)
    assert scale.style(1e-6).fill == to_hex(colormaps["cividis"](0))
    assert scale.style(1).fill == to_hex(colormaps["cividis"](255))
    assert scale.style(1e-3).fill == to_hex(colormaps["cividis"](128))


@pytest.mark.parametrize(
    ("values", "limits"),
    [
        ([], (0.1, 1)),
        ([0.0, math.nan, math.inf], (0.1, 1)),
        ([0.02, 0.02], (0.002, 0.2)),
        ([0.01, 0.01], (0.001, 0.1)),
        ([0.03, 0.04], (0.02, 0.05)),
        ([1e-6, 1.0], (1e-6, 1)),
        ([1.1e-6, 0.99, 0.0], (1e-6, 1)),
        ([3e-13, 0.4], (2e-13, 0.5)),
        (np.float32([0.1]), (0.1, 0.2)),  # in float32 a little more than a tenth
        ([5e-324, 1.7e308], (5e-324, np.finfo(float).max)),
    ],
)
def test_limits_are_rounded_outwards_to_numbers_that_people_read(values, limits):
    scale = NormScale.fit(values)
    assert (scale.vmin, scale.vmax) == limits


def test_one_scale_is_fitted_to_several_pictures():
    assert NormScale.fit([0.02], np.full((2, 3), 5e-5), [0]) == NormScale(5e-5, 0.02)
    assert NormScale.fit() == NormScale.fit([])


def test_a_power_of_ten_counts_as_itself():
    """log10 is rounded, and may land on either side."""
    powers = [float(f"1e{power}") for power in range(-300, 300)]
    fitted = [NormScale.fit([power, 2 * power]).vmin for power in powers]
    assert fitted == powers


@slow
@given(st.lists(st.floats(1e-300, 1e300), min_size=1))
def test_ticks_of_a_fitted_scale_are_round_few_and_apart(values):
    scale = NormScale.fit(values)
    ticks = scale.ticks()
    assert 2 <= len(ticks) <= MOST_TICKS + 2
    assert (ticks[0], ticks[-1]) == (scale.vmin, scale.vmax)
    assert all(f"{tick:.2e}"[:4] in ("1.00", "2.00", "5.00") for tick in ticks)
    places = np.array([scale.position(tick) for tick in ticks])
    assert np.diff(places).min() > 0.06  # of the bar's length


@pytest.mark.parametrize(
    ("limits", "ticks"),
    [
        ((1e-4, 1), (1e-4, 1e-3, 0.01, 0.1, 1)),
        ((2e-5, 0.5), (2e-5, 1e-4, 1e-3, 0.01, 0.1, 0.5)),
        ((0.02, 0.5), (0.02, 0.05, 0.1, 0.2, 0.5)),
        ((5e-4, 20), (5e-4, 0.01, 0.1, 1, 20)),  # 10⁻³ would touch 5·10⁻⁴
        ((1e-20, 1), (1e-20, 1e-18, 1e-15, 1e-12, 1e-9, 1e-6, 1e-3, 1)),
        ((2.3e-5, 0.7), (2.3e-5, 1e-4, 1e-3, 0.01, 0.1, 0.7)),
    ],
)
def test_ticks_are_the_limits_and_powers_of_ten_between_them(limits, ticks):
    assert NormScale(*limits).ticks() == ticks


@pytest.mark.parametrize(
    ("vmin", "vmax"), [(0, 1), (1, 1), (1, 0.1), (-1, 1), (math.nan, 1), (1e-3, math.inf)]
)
def test_limits_that_make_no_scale_are_refused(vmin, vmax):
    with pytest.raises(ValueError, match="vmin"):
        NormScale(vmin, vmax)


@pytest.mark.parametrize("value", [-1.0, -1e-300, -math.inf])
def test_a_negative_norm_is_refused(value):
    with pytest.raises(ValueError, match="not negative"):
        NormScale(0.1, 1).style(value)


def test_every_special_style_is_told_apart_without_colour():
    assert {ZERO, OUTSIDE, INFINITE, NAN} == set(SPECIAL)
    assert len({(style.line, style.width) for style in SPECIAL}) == len(SPECIAL)
    assert not {style.fill for style in SPECIAL} & (COLOURS | DIVERGING)


def test_limits_that_float64_cannot_tell_apart_are_refused():
    with pytest.raises(ValueError, match="too near"):
        NormScale(1e300, math.nextafter(1e300, math.inf))


def test_an_unknown_colour_map_is_refused_at_once():
    with pytest.raises(ValueError, match="no colour map 'cividus'; cividis"):
        NormScale(0.1, 1, "cividus")


def test_another_colour_map_is_used():
    assert NormScale(0.1, 1, "viridis").style(0.1).fill == to_hex(colormaps["viridis"](0))


@slow
@given(st.floats(1, 1e6), st.floats(1e-5, 1), st.floats(1, 1e5))
def test_the_same_factor_above_and_below_one_is_equally_far_from_the_middle(factor, low, high):
    scale = RatioScale(min(low, 1 / factor) / 2, max(high, factor) * 2)
    assert scale.shade(1) == 0.5
    assert scale.shade(factor) - 0.5 == pytest.approx(0.5 - scale.shade(1 / factor), abs=1e-9)


def test_the_farther_limit_has_the_strongest_colour_and_one_has_the_middle():
    scale = RatioScale(1e-4, 10)
    assert scale.style(1e-4).fill == to_hex(colormaps["PuOr_r"](0))
    assert scale.style(1).fill == to_hex(colormaps["PuOr_r"](128))
    assert scale.style(10).fill == to_hex(colormaps["PuOr_r"](160))  # a quarter of the way to orange
    assert scale.style(11) is OUTSIDE


@pytest.mark.parametrize("limits", [(2, 10), (0.1, 0.5)])
def test_a_scale_of_ratios_without_one_is_refused(limits):
    with pytest.raises(ValueError, match="has 1 between its limits"):
        RatioScale(*limits)


@pytest.mark.parametrize(
    ("norms", "limits"),
    [
        ([0.03, 0.001, 0.1], (0.01, 1)),
        ([0.03, 0.5, 0.1], (0.2, 5)),
        ([0.1, 0.1, 0.1], (0.1, 10)),
        ([0.1, 0.2, 0.0], (0.1, 10)),  # no ratio can be told
        ([], (0.1, 10)),
    ],
)
def test_a_scale_of_ratios_is_fitted_to_each_tree_by_its_own_root(norms, limits):
    scale = RatioScale.fit(norms)
    assert (scale.vmin, scale.vmax) == limits
    assert RatioScale.fit(norms, np.multiply(norms, 1000)) == scale


def test_ratios_say_only_what_can_be_said():
    assert ratios_to_root(np.array([0.0, 0.5, 2.0, math.inf, 4.0])).tolist() == [0, 0.125, 0.5, math.inf, 1]
    assert np.isnan(ratios_to_root(np.array([0.0, 0.0]))).all()
    assert ratios_to_root(np.array([1.0, 0.0]))[0] == math.inf
    assert np.isnan(ratios_to_root(np.array([1.0, 0.0, math.inf]))).all()
    assert np.isnan(ratios_to_root(np.array([1.0, math.nan]))).all()


def test_a_ratio_beyond_float64_is_neither_zero_nor_infinite():
    assert ratios_to_root(np.array([5e-324, 10.0]))[0] > 0
    assert ratios_to_root(np.array([1e300, 1e-300]))[0] == np.finfo(float).max


def test_a_scale_by_name_is_fitted_and_any_other_name_refused():
    assert fitted("norm", [0.3, 1]) == NormScale(0.2, 1)
    assert fitted("ratio", [0.3, 1]) == RatioScale(0.2, 1)
    assert fitted(NormScale(1, 2), [0.3]) == NormScale(1, 2)
    with pytest.raises(ValueError, match="'norm' or 'ratio'"):
        fitted("ratios", [1])
