"""The explorer in a browser: with the network off, by keyboard, on a phone's width, without JavaScript."""

import pytest

from tests.browser import Browser
from viz.explorer import explorer_page
from viz.explorer.presets import PRESETS
from viz.explorer.settings import CONTROLS

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("explorer") / "explorer.html"
    path.write_text(explorer_page(), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


def address(settings, t=0):
    return "#" + "&".join(
        f"{name}={value if isinstance(value, str) else f'{value:g}'}"
        for name, value in (settings.as_dict() | {"t": t}).items()
    )


def text(browser, id):
    return browser.run(f"document.getElementById({id!r}).textContent")


@pytest.fixture(autouse=True)
def _without_requests_and_errors(request, browser):
    browser.messages.clear()
    yield
    assert browser.messages == []
    assert all(url.startswith("file:") for url in browser.requests), browser.requests
    assert len(browser.requests) <= 1  # the page itself


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_press_on_a_preset_shows_its_question_curves_and_address(browser, page, preset):
    browser.open(page)
    browser.run(f"document.querySelector('[data-preset={preset.name}]').click()")
    assert text(browser, "question") == preset.question
    assert text(browser, "reply") == preset.as_dict()["answer"]
    assert browser.run("location.hash") == address(preset.settings)
    pressed = "[...document.querySelectorAll('[aria-pressed=true]')].map(button => button.dataset.preset)"
    assert browser.run(pressed) == [preset.name]
    points = browser.run(
        "document.querySelector('[data-line=lstm]').getAttribute('points').split(' ').length"
    )
    assert points == preset.settings.T + 1
    assert browser.run("document.querySelectorAll('#circle circle').length") == preset.settings.D + 2
    assert browser.run("document.querySelectorAll('#numbers tbody tr').length") == preset.settings.T + 1
    assert f"{preset.settings.T} words away" in text(browser, "strip-view")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (820, 1180), (390, 844)])
@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_nothing_is_cut_and_letters_do_not_overlap(browser, page, preset, width, height):
    browser.open(page, address(preset.settings), width, height)
    assert browser.run("document.documentElement.scrollWidth") <= width
    outside = """[...document.querySelectorAll("#charts svg text")].filter(letters => {
      const inner = letters.getBoundingClientRect(), outer = letters.ownerSVGElement.getBoundingClientRect();
      return inner.left < outer.left - 1 || inner.right > outer.right + 1 || inner.top < outer.top - 2
        || inner.bottom > outer.bottom + 2;
    }).map(letters => letters.textContent)"""
    assert browser.run(outside) == []
    overlapping = """[...document.querySelectorAll("#charts > section svg[role]")].flatMap(svg => {
      const boxes = [...svg.querySelectorAll("text")].map(t => [t.textContent, t.getBoundingClientRect()]);
      const meet = (a, b) => a.left < b.right && b.left < a.right
        && a.top + 3 < b.bottom - 3 && b.top + 3 < a.bottom - 3;
      return boxes.flatMap(([one, a], k) =>
        boxes.slice(k + 1).filter(([, b]) => meet(a, b)).map(([other]) => [one, other]));
    })"""
    assert browser.run(overlapping) == []


def test_the_address_sets_every_control_and_says_what_is_wrong(browser, page):
    browser.open(page, "#T=7&matrix=delay&scale=0.35&by=radius&D=10&f=relu&forget=-1.5&input=0.25&seed=9&t=4")
    shown = {name: browser.run(f"document.getElementById({name!r}).value") for name in CONTROLS}
    assert shown == {
        "T": "7",
        "matrix": "delay",
        "scale": "0.35",
        "by": "radius",
        "D": "10",
        "f": "relu",
        "forget": "-1.5",
        "input": "0.25",
        "seed": "9",
    }
    assert text(browser, "t-value") == "4"
    assert browser.run("document.getElementById('notice').hidden")
    browser.run("location.hash = '#D=7'")
    browser.until(lambda: not browser.run("document.getElementById('notice').hidden"))
    assert "D is one of 1, 2, 10, 50, not “7”" in text(browser, "notice")
    browser.run("document.querySelector('nav button').click()")
    assert browser.run("document.getElementById('notice').hidden")
    browser.run("location.hash = '#D=7'")
    browser.until(lambda: not browser.run("document.getElementById('notice').hidden"))
    assert browser.run("document.getElementById('D').value") == "50"


def test_everything_can_be_reached_and_set_by_keyboard(browser, page):
    browser.open(page)
    reached, outlines = [], []
    for _ in range(len(PRESETS) + len(CONTROLS) + 4):
        browser.press("Tab", 9)
        reached.append(
            browser.run("document.activeElement.id || document.activeElement.dataset.preset || 'summary'")
        )
        outlines.append(browser.run("parseFloat(getComputedStyle(document.activeElement).outlineWidth)"))
    expected = [*(preset.name for preset in PRESETS), *CONTROLS, "play", "t", "summary", "summary"]
    assert reached == expected
    assert min(outlines) >= 3
    browser.run("document.getElementById('T').focus()")
    before = browser.run("document.querySelector('[data-line=elman]').getAttribute('points')")
    browser.press("ArrowLeft", 37)
    assert browser.run("location.hash").startswith("#T=99&")
    assert browser.run("document.querySelector('[data-line=elman]').getAttribute('points')") != before
    assert text(browser, "question").startswith("Settings of your own")


def test_play_moves_the_step_from_the_end_to_the_start(browser, page):
    browser.open(page, address(PRESETS[0].settings))
    browser.run("document.getElementById('play').focus()")
    browser.press(" ", 32)
    assert int(text(browser, "t-value")) > 0
    assert text(browser, "play") == "■ Stop"
    browser.until(lambda: text(browser, "play") == "▶ Play")
    assert text(browser, "t-value") == "0"
    assert "At step 0, 8 back from the end:" in text(browser, "readout")
    browser.run("document.getElementById('play').click(); document.getElementById('play').click()")
    assert text(browser, "t-value") == "8"  # stopped where it was
    assert browser.run("location.hash").endswith("&t=8")


def test_without_javascript_the_still_is_shown_and_no_dead_control(browser, page):
    with browser.without_scripts():
        browser.open(page)
        assert browser.shows("#still svg")
        assert browser.shows("noscript p")
        assert not browser.shows("form, nav, #charts")
    browser.open(page)
    assert not browser.shows("#still svg")
    assert browser.shows("form")
