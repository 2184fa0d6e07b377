import pytest
from matplotlib import colormaps
from matplotlib.colors import to_hex

from viz.colour import contrast, relative_luminance, text_colour


@pytest.mark.parametrize("shade", range(256))
def test_text_is_readable_on_every_colour_of_the_map(shade):
    fill = to_hex(colormaps["cividis"](shade))
    assert contrast(fill, text_colour(fill)) >= 4.5


def test_text_is_readable_on_every_grey():
    greys = [f"#{level:02x}{level:02x}{level:02x}" for level in range(256)]
    assert min(contrast(grey, text_colour(grey)) for grey in greys) >= 4.5


def test_luminance_and_contrast_agree_with_the_values_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert relative_luminance("#ff0000") == pytest.approx(0.2126)


@pytest.mark.parametrize("colour", ["red", "#fff", "112233#"])
def test_a_colour_in_another_notation_is_refused(colour):
    with pytest.raises(ValueError, match="#rrggbb"):
        relative_luminance(colour)
