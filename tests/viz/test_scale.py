import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import colormaps
from matplotlib.colors import to_hex

from viz.colour import contrast
from viz.scale import INFINITE, MOST_TICKS, NAN, OUTSIDE, SPECIAL, ZERO, NormScale

COLOURS = {to_hex(colour) for colour in colormaps["cividis"](range(256))}
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
        ([0.02, 0.02], (0.01, 0.1)),
        ([0.01, 0.01], (0.001, 0.1)),
        ([1e-6, 1.0], (1e-6, 1)),
        ([1.1e-6, 0.99, 0.0], (1e-6, 1)),
        ([3e-13, 0.5], (1e-14, 1)),  # 13 decades, made 14 so that every other has a tick
        (np.float32([0.1]), (0.1, 1)),  # in float32 a little more than a tenth
        ([5e-324, 1.7e308], (5e-324, np.finfo(float).max)),
    ],
)
def test_limits_are_rounded_outwards_to_decades(values, limits):
    scale = NormScale.fit(values)
    assert (scale.vmin, scale.vmax) == limits


def test_one_scale_is_fitted_to_several_pictures():
    assert NormScale.fit([0.02], np.full((2, 3), 5e-5), [0]) == NormScale(1e-5, 0.1)
    assert NormScale.fit() == NormScale.fit([])


@pytest.mark.parametrize("power", range(-300, 300))
def test_a_power_of_ten_counts_as_itself(power):
    """log10 is rounded, and may land on either side."""
    assert NormScale.fit([float(f"1e{power}"), float(f"2e{power}")]).vmin == float(f"1e{power}")


@slow
@given(st.lists(st.floats(1e-300, 1e300), min_size=1))
def test_ticks_of_a_fitted_scale_are_powers_of_ten_and_equally_far_apart(values):
    scale = NormScale.fit(values)
    ticks = scale.ticks()
    assert 2 <= len(ticks) <= MOST_TICKS
    assert (ticks[0], ticks[-1]) == (scale.vmin, scale.vmax)
    assert all(f"{tick:.0e}"[0] == "1" for tick in ticks)
    steps = np.diff([scale.position(tick) for tick in ticks])
    np.testing.assert_allclose(steps, steps[0], rtol=1e-9)


def test_ticks_of_a_scale_with_odd_limits_include_the_limits():
    ticks = NormScale(2e-5, 0.7).ticks()
    assert (ticks[0], ticks[-1]) == (2e-5, 0.7)
    assert len(ticks) == 5


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
    assert not {style.fill for style in SPECIAL} & COLOURS
