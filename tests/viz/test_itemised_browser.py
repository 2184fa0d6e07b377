"""The page of itemised gradients in a browser: by mouse, by keyboard, on a phone, without JavaScript."""

import re

import pytest

from tests.browser import NEEDS_AXE, Browser
from tests.viz.itemised_runs import LOSSES, MOMENTS, TEXT, made, several
from viz.itemised import itemised_page
from viz.scale import NormScale

pytestmark = pytest.mark.browser
SCALE = NormScale(1e-5, 1.0)  # as the page begins


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("itemised") / "itemised.html"
    path.write_text(itemised_page(several(), 2), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


@pytest.fixture(autouse=True)
def _without_requests_and_errors(browser):
    browser.messages.clear()
    yield
    assert browser.messages == []
    assert len(browser.requests) <= 1  # the page itself
    assert all(url.startswith("file:") for url in browser.requests)


def text(browser, id):
    return browser.run(f"document.getElementById({id!r}).textContent")


def chosen(browser):
    return browser.run(
        "[...document.querySelectorAll('[aria-selected=true]')].map(each => Number(each.dataset.place))"
    )


def set_to(browser, id, value):
    event = "input" if id == "moment" else "change"
    browser.run(
        f"{{ const control = document.getElementById({id!r}); control.value = {value!r}; "
        f"control.dispatchEvent(new Event({event!r})); }}"
    )


def backgrounds(browser):
    """Return the colour behind each character, None where there is none."""
    found = browser.run(
        "[...document.querySelectorAll('#text [role=option]')].map(option => option.style.background)"
    )
    numbers = [re.findall(r"\d+", colour) for colour in found]
    return ["#" + "".join(f"{int(n):02x}" for n in rgb) if rgb else None for rgb in numbers]


def wanted(run, moment, part, place, scale=SCALE):
    sizes = run.matrix(moment, part)[place - 1, :place]
    shown = [scale.style(size).fill if size >= scale.vmin else None for size in sizes]
    return shown + [None] * (len(TEXT) - place)


def test_a_click_colours_the_characters_before(browser, page):
    browser.open(page)
    place = TEXT.index("😀")
    x, y = browser.run(
        f"(box => [box.x + box.width / 2, box.y + box.height / 2])"
        f"(document.getElementById('at-{place}').getBoundingClientRect())"
    )
    for kind in ("mousePressed", "mouseReleased"):
        browser.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    assert chosen(browser) == [place]
    assert backgrounds(browser) == wanted(made(), 2, "h", place)
    assert f"“😀”, character {place + 1} of {LOSSES + 1}" in text(browser, "chosen")
    assert f"{made().moments[2].bits[place - 1]:.2f} bits, {MOMENTS[2]}" in text(browser, "chosen")
    before = browser.run(f"document.getElementById('at-{place - 3}').getAttribute('aria-label')")
    assert re.fullmatch(r"space, 1 back: .*", browser.run(f"document.getElementById('at-{place - 1}').title"))
    assert before.startswith('“"”, 3 back: ')


def test_pointing_at_a_character_tells_its_number(browser, page):
    browser.open(page, "#place=12&moment=0")
    x, y = browser.run(
        "(box => [box.x + box.width / 2, box.y + box.height / 2])"
        "(document.getElementById('at-11').getBoundingClientRect())"
    )
    assert text(browser, "pointed").startswith("Point at")
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    size = made().matrix(0, "h")[11, 11]
    assert text(browser, "pointed").startswith(f'“"”, 1 back: {size:.2g}')
    assert browser.run("document.querySelectorAll('#curve [data-pointed]').length") == 1


def test_moments_parts_networks_and_texts_change_the_colours(browser, page):
    browser.open(page, "#place=20")
    for moment in (0, 1, 2):
        set_to(browser, "moment", str(moment))
        assert text(browser, "moment-value") == MOMENTS[moment]
        assert backgrounds(browser) == wanted(made(), moment, "h", 20)
        lines = browser.run("[...document.querySelectorAll('#curve [data-line]')].map(l => l.dataset.line)")
        assert (
            lines == {0: ["chosen", "last"], 1: ["chosen", "first", "last"], 2: ["chosen", "first"]}[moment]
        )
    set_to(browser, "part", "c")
    assert backgrounds(browser) == wanted(made(), 2, "c", 20)
    assert backgrounds(browser)[19] is None  # c is read through h
    set_to(browser, "run", "run 2")
    assert "run=run+2" in browser.run("location.hash")
    set_to(browser, "network", "Elman, D 8")
    assert browser.run("document.getElementById('part').value") == "h"  # it has no c
    elman = several()[1]
    assert backgrounds(browser) == wanted(elman, 2, "h", 20)
    set_to(browser, "from", "1e-7")
    assert backgrounds(browser) == wanted(elman, 2, "h", 20, NormScale(1e-7, 1.0))
    assert "Hatched: less than 10⁻⁷" in text(browser, "legend")
    set_to(browser, "corpus", "prose")
    assert browser.run("document.getElementById('run').value") == "run 1"  # the only one there
    assert "SAY" in text(browser, "text")


def test_everything_can_be_reached_and_moved_by_keyboard(browser, page):
    browser.open(page, "#place=10")
    reached, outlines = [], []
    for _ in range(10):
        browser.press("Tab", 9)
        reached.append(browser.run("document.activeElement.id || document.activeElement.tagName"))
        outlines.append(browser.run("parseFloat(getComputedStyle(document.activeElement).outlineWidth)"))
    expected = ["corpus", "network", "run", "part", "from", "moment", "text", "SUMMARY", "SUMMARY"]
    assert reached[:9] == expected
    assert min(outlines[:9]) >= 3
    browser.run("document.getElementById('text').focus()")
    for key, code, place in (
        ("ArrowLeft", 37, 9), ("ArrowRight", 39, 10), ("ArrowRight", 39, 11),
        ("ArrowUp", 38, 5), ("ArrowUp", 38, 5), ("Home", 36, 1), ("ArrowLeft", 37, 1),
        ("End", 35, 5), ("ArrowDown", 40, None), ("End", 35, TEXT.index("\n#")),
    ):  # fmt: skip
        browser.press(key, code)
        if place is not None:
            assert chosen(browser) == [place], key
        assert browser.run("document.getElementById('text').getAttribute('aria-activedescendant')") == (
            f"at-{chosen(browser)[0]}"
        )
    browser.run("document.getElementById('moment').focus()")
    browser.press("ArrowLeft", 37)
    assert text(browser, "moment-value") == MOMENTS[1]


def test_the_table_has_all_numbers(browser, page):
    browser.open(page, "#place=15&part=c")
    assert browser.run("document.querySelectorAll('#table tr').length") == 0
    browser.run("document.getElementById('details').open = true")
    browser.until(lambda: browser.run("document.querySelectorAll('#table tr').length"))
    rows = browser.run(
        "[...document.querySelectorAll('#table tr')].map(r => [...r.cells].map(c => c.textContent))"
    )
    assert rows[0] == ["state after", "back", *MOMENTS]
    assert len(rows) == 16
    assert rows[1][1:] == ["1", *["less than 10⁻⁷"] * 3]
    assert rows[15][1] == "15"
    set_to(browser, "part", "h")
    assert "less than" not in browser.run("document.querySelector('#table tbody tr').textContent")


def test_the_address_sets_everything_and_says_what_is_wrong(browser, page):
    browser.open(page, "#text=Python&network=Elman%2C+D+8&run=run+2&part=h&moment=1&place=7&from=0.001")
    values = {
        id: browser.run(f"document.getElementById({id!r}).value") for id in ("corpus", "network", "run")
    }
    assert values == {"corpus": "Python", "network": "Elman, D 8", "run": "run 2"}
    assert chosen(browser) == [7]
    assert browser.run("document.getElementById('from').value") == "0.001"
    assert browser.run("document.getElementById('notice').hidden")
    browser.open(page, "#network=GRU&part=x&moment=3&place=0&from=2")
    said = text(browser, "notice")
    assert "network is one of Elman, D 8; LSTM, D 8, not “GRU”" in said
    assert "part is one of h, c, not “x”" in said
    assert "moment is a whole number from 0 to 2, not “3”" in said
    assert f"place is a whole number from 1 to {LOSSES}, not “0”" in said
    assert "from is one of 1e-7, 0.000001, 0.00001, 0.0001, 0.001, 0.01, not “2”" in said
    set_to(browser, "moment", "0")
    assert browser.run("document.getElementById('notice').hidden")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_nothing_is_cut(browser, page, width, height):
    browser.open(page, f"#place={LOSSES}", width, height)
    assert browser.run("document.documentElement.scrollWidth") <= width
    outside = """[...document.querySelectorAll("main svg text")].filter(letters => {
      const inner = letters.getBoundingClientRect(), outer = letters.ownerSVGElement.getBoundingClientRect();
      return inner.left < outer.left - 1 || inner.right > outer.right + 1 || inner.bottom > outer.bottom + 2;
    }).map(letters => letters.textContent)"""
    assert browser.run(outside) == []
    overlapping = """[...document.querySelectorAll("main svg[role]")].flatMap(svg => {
      const boxes = [...svg.querySelectorAll("text")].map(t => [t.textContent, t.getBoundingClientRect()]);
      const meet = (a, b) => a.left < b.right && b.left < a.right
        && a.top + 3 < b.bottom - 3 && b.top + 3 < a.bottom - 3;
      return boxes.flatMap(([one, a], k) =>
        boxes.slice(k + 1).filter(([, b]) => meet(a, b)).map(([other]) => [one, other]));
    })"""
    assert browser.run(overlapping) == []


@NEEDS_AXE
def test_axe_finds_nothing_serious(browser, page):
    browser.open(page, "#place=20")
    assert browser.hardly_accessible() == []


def test_without_javascript_the_still_is_shown_and_no_dead_control(browser, page):
    with browser.without_scripts():
        browser.open(page)
        assert browser.shows("#still span")
        assert not browser.shows("form, #text")
    browser.open(page)
    assert not browser.shows("#still")
    assert browser.shows("form")
