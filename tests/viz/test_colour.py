import pytest
from matplotlib import colormaps
from matplotlib.colors import to_hex

from viz.colour import contrast, relative_luminance, text_colour
from viz.style import SPECIAL, map_colours, on_the_map


@pytest.mark.parametrize("colormap", ["cividis", "PuOr_r"])
def test_text_is_readable_on_every_colour_of_a_scales_map(colormap):
    fills = map_colours(colormap)
    assert len(set(fills)) > 200
    assert fills == tuple(to_hex(colormaps[colormap](shade)) for shade in range(256))
    for shade, fill in enumerate(fills):
        style = on_the_map(colormap, shade / 255)
        assert style.fill == fill
        assert contrast(fill, style.font) >= 4.5


@pytest.mark.parametrize("style", SPECIAL, ids=lambda style: style.note)
def test_text_is_readable_on_what_has_no_colour(style):
    assert contrast(style.fill, style.font) >= 4.5


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
