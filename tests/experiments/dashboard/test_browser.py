"""The dashboard in a browser: live beside saved, by keyboard, in narrow windows, without a server."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
from contextlib import closing, contextmanager

import pytest

from experiments.dashboard.page import save
from experiments.dashboard.places import LIVE, RUNS
from experiments.dashboard.process import serving
from experiments.dashboard.server import DashboardServer
from experiments.dashboard.tail import Tail
from experiments.paper.grids import job
from experiments.paper.settings import SCALES, run_settings
from tests.browser import NEEDS_AXE, Browser
from tests.experiments.dashboard.test_process import _children
from tests.experiments.dashboard.test_tail import _append, _row, _write
from tests.experiments.sweep.test_live import SMALL, _run
from viz.dashboard import dashboard_page

pytestmark = pytest.mark.browser

GROUPS = ("gradient/01/LSTM", "gradient/01/RLSTM", "gradient/01/RNN")
ALERT = {
    **{"kind": "alert", "rule": "vanishing", "message": "the median is below 0.1", "value": 0.009},
    **{"threshold": 0.1, "epoch": 1, "batch": 2, "at": 0.4, "node": "node 3 of tree 1, 'the'", "row": 3},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two runs of three cells each, looked at, with an alert, and a file that is none of a sweep's."""
    path = tmp_path_factory.mktemp("dashboard") / "rows"
    jobs = [
        job(
            f"{name}/{k}",
            run_settings("gradient", 1, name.split("/")[2], k, scale=SCALES["smoke"], seed=0, **SMALL),
        )
        for name in GROUPS
        for k in (1, 2)
    ]
    _run(path, "--live", jobs=jobs)
    (live,) = (path / LIVE).glob("gradient-01-RNN-1-*.jsonl")
    _append(live, json.dumps(ALERT) + "\n")
    (path / RUNS / "notes.jsonl").write_text('{"by": "another program"}\n')
    return path


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


@contextmanager
def _serving(folder):
    server = DashboardServer(Tail(folder), dashboard_page())
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join(10)


@pytest.fixture(scope="module")
def server(folder):
    with _serving(folder) as server:
        yield server


@pytest.fixture(scope="module")
def page(folder, tmp_path_factory):
    return save(folder, tmp_path_factory.mktemp("saved") / "dashboard.html")


@pytest.fixture(autouse=True)
def _without_errors(browser):
    browser.messages.clear()
    yield
    browser.run("document.title")  # what it has written until here is read
    assert browser.messages == []


def _text(browser, id):
    return browser.run(f"document.getElementById({id!r}).textContent")


def _ready(browser, server, **size):
    browser.visit(server.address, **size)
    browser.until(lambda: _drawn(browser))


def _drawn(browser):
    """Return whether all that was asked for is on the screen."""
    return browser.run("document.body.ariaBusy === 'false'")


def _set_time(browser, value):
    browser.run(f"""(() => {{ const slider = document.getElementById("time"); slider.value = {value};
      slider.dispatchEvent(new Event("input")); }})()""")


def test_the_saved_page_asks_for_nothing_and_looks_as_the_live_one_does(browser, server, page):
    found = {}
    for kind in ("live", "saved"):
        if kind == "live":
            _ready(browser, server)
        else:
            browser.open(page)
        shown = []
        for time in (0, 0.8, 2):
            _set_time(browser, time)
            assert float(browser.run("document.getElementById('time').value")) == time
            shown.append(browser.run("document.querySelector('main').outerHTML"))
        found[kind] = shown
        if kind == "saved":
            assert [url.split(":")[0] for url in browser.requests] in (["file"], ["file", "data"])
    assert found["saved"] == found["live"]
    assert len(set(found["live"])) == 3


def test_the_title_names_the_folder(browser, server, page):
    _ready(browser, server)
    assert browser.run("document.title") == "rows: Gradients while training"
    assert _text(browser, "status") == "rows: 6 of 6 runs have ended"
    browser.open(page)
    assert browser.run("document.title") == "rows: Gradients while training"
    assert _text(browser, "status") == "rows, as saved: 6 of 6 runs have ended"


def test_the_saved_page_is_what_the_server_sends_as_such(server, page):
    with closing(http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)) as connection:
        connection.request("GET", f"/page.html?key={server.key}")
        assert connection.getresponse().read() == page.read_bytes()


def test_all_is_shown_of_runs_that_were_looked_at(browser, page):
    browser.open(page)
    assert "6 of 6 runs have ended" in _text(browser, "status")
    assert _text(browser, "problems").endswith("runs/notes.jsonl: line 1: it is not a line of minigrad's")
    names = browser.run("[...document.querySelectorAll('#groups label')].map(label => label.textContent)")
    assert names == [f"{GROUPS[0]}2 runs", f"{GROUPS[1]}2 runs", f"{GROUPS[2]}2 runs, 1 alert"]
    chosen = "[...document.querySelectorAll('#groups input:checked')].map(box => box.value)"
    assert browser.run(chosen) == list(GROUPS[:2])
    browser.run("document.querySelectorAll('#groups input')[2].click()")
    assert browser.run(chosen) == list(GROUPS)
    for part in ("ratios", "sentence", "spectrum", "rules"):
        panels = f"[...document.querySelectorAll('[data-part={part}] .panel')]"
        assert (
            browser.run(f"{panels}.map(panel => panel.querySelectorAll('svg[role=img]').length > 0)")
            == [True] * 3
        )
    gates = "[...document.querySelectorAll('[data-part=gates] .says')].map(says => says.textContent)"
    assert browser.run(gates)[2] == "This cell has no gates."
    assert "medians i" in browser.run(gates)[1]
    assert browser.run("document.querySelectorAll('[data-part=curves] polyline').length") >= 6
    ratio = browser.run("document.querySelector('[data-part=ratios] .says').textContent")
    assert "per level" in ratio


def test_a_table_says_what_its_chart_shows(browser, page, folder):
    browser.open(page)
    browser.run("document.querySelector('[data-part=curves] summary').click()")
    browser.until(lambda: browser.run("document.querySelectorAll('[data-part=curves] tbody tr').length") > 0)
    cells = browser.run("[...document.querySelectorAll('[data-part=curves] tbody tr')][0].textContent")
    rows = []
    for path in sorted((folder / RUNS).glob("gradient-01-LSTM-*.jsonl")):
        rows += [json.loads(line) for line in path.read_text().splitlines()]
    losses = sorted(row["loss"] for row in rows if row.get("epoch") == 1)
    assert cells.startswith("1")
    assert f"{sum(losses) / 2:.3g}" in cells
    browser.run("document.querySelectorAll('main details').forEach(one => { one.open = true; })")
    tables = browser.run("[...document.querySelectorAll('main details')].filter(one => !one.hidden).length")
    assert tables >= 11
    browser.until(lambda: browser.run("document.querySelectorAll('main table').length") == tables - 1)
    assert browser.run("[...document.querySelectorAll('main table')].every(one => one.rows.length > 1)")


def test_an_alert_leads_to_its_time(browser, page):
    browser.open(page)
    browser.run("document.querySelectorAll('#groups input')[2].click()")
    listed = browser.run("document.querySelector('#alerts li').textContent")
    assert (
        "gradient/01/RNN/1, epoch 1, minibatch 2: vanishing, the median is below 0.1; worst at node 3"
        in listed
    )
    browser.run("document.querySelector('#alerts button').click()")
    assert _text(browser, "time-value") == "epoch 0.40 of 2"


def test_everything_can_be_reached_and_set_by_keyboard(browser, page, server):
    browser.open(page)
    tags = "button, input, select, summary, a[href], [tabindex='0']"
    shown = ".filter(one => one.checkVisibility() && !one.disabled).length"
    wanted = browser.run(f'[...document.querySelectorAll("{tags}")]{shown}')
    reached, outlines = [], []
    for _ in range(wanted):
        browser.press("Tab", 9)
        reached.append(browser.run("document.activeElement.id || document.activeElement.tagName"))
        outlines.append(browser.run("parseFloat(getComputedStyle(document.activeElement).outlineWidth)"))
    assert "BODY" not in reached
    assert reached[:2] == ["play", "time"]
    assert {"filter", "groups"} <= set(reached)
    assert reached.count("SELECT") == 2
    assert min(outlines) >= 3
    browser.run("document.getElementById('time').focus()")
    before = float(browser.run("document.getElementById('time').value"))
    browser.press("ArrowLeft", 37)
    assert float(browser.run("document.getElementById('time').value")) == pytest.approx(before - 0.05)
    assert _text(browser, "time-value").startswith(f"epoch {before - 0.05:.2f}")
    browser.run("document.querySelector('#groups input').focus()")
    browser.press(" ", 32)
    assert browser.run("document.querySelectorAll('#groups input:checked').length") == 1
    assert browser.run(f"document.activeElement.value === {GROUPS[0]!r}")  # it keeps its place
    browser.run("document.getElementById('play').focus()")
    browser.press(" ", 32)
    assert _text(browser, "play") == "■ Stop"
    browser.until(lambda: _text(browser, "play") == "▶ Play")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (820, 1180), (390, 844)])
def test_nothing_is_cut_and_letters_do_not_overlap(browser, page, width, height):
    browser.open(page, width=width, height=height)
    browser.run("document.querySelectorAll('#groups input')[2].click()")
    assert browser.run("document.documentElement.scrollWidth") <= width
    outside = """[...document.querySelectorAll("main svg text")].filter(letters => {
      const inner = letters.getBoundingClientRect(), outer = letters.ownerSVGElement.getBoundingClientRect();
      return inner.left < outer.left - 1.5 || inner.right > outer.right + 1.5 || inner.top < outer.top - 2
        || inner.bottom > outer.bottom + 2;
    }).map(letters => letters.textContent)"""
    assert browser.run(outside) == []
    overlapping = """[...document.querySelectorAll("main svg[role]")].flatMap(svg => {
      const boxes = [...svg.querySelectorAll("text")].map(t => [t.textContent, t.getBoundingClientRect()]);
      const meet = (a, b) => a.left + 1 < b.right && b.left + 1 < a.right
        && a.top + 3 < b.bottom - 3 && b.top + 3 < a.bottom - 3;
      return boxes.flatMap(([one, a], k) =>
        boxes.slice(k + 1).filter(([, b]) => meet(a, b)).map(([other]) => [one, other]));
    })"""
    assert browser.run(overlapping) == []


def test_groups_are_found_by_name_and_matrices_chosen(browser, page):
    browser.open(page)
    browser.run("""(() => { const filter = document.getElementById("filter"); filter.value = "rnn";
      filter.dispatchEvent(new Event("input")); })()""")
    assert browser.run("document.querySelectorAll('#groups input').length") == 1
    said = "document.querySelectorAll('[data-part=spectrum] .says')[1].textContent"
    before = browser.run(said)
    browser.run("""(() => { const select = document.querySelectorAll("select")[1]; select.value = "cell.Wco";
      select.dispatchEvent(new Event("change")); })()""")
    assert browser.run(said) != before


def test_a_row_that_is_written_is_shown_and_followed(browser, tmp_path):
    part = tmp_path / RUNS / "a-RNN-1-0.part"
    header = {"kind": "run", "name": "a/RNN/1", "settings": {"model": "RNN"}, "work": 3}
    _write(part, header, _row(1, 2.0))
    with _serving(tmp_path) as server:
        browser.visit(server.address)
        browser.until(lambda: "0 of 1 runs have ended" in _text(browser, "status"))
        browser.until(lambda: _text(browser, "time-value") == "epoch 1.00 of 1")
        _append(part, json.dumps(_row(2, 1.5))[:20])
        _append(part, json.dumps(_row(2, 1.5))[20:] + "\n")
        browser.until(lambda: _text(browser, "time-value") == "epoch 2.00 of 2")
        assert "a/RNN 1.5" in browser.run("document.querySelector('[data-part=curves] .says').textContent")
        _set_time(browser, 1)
        assert not browser.run("document.getElementById('follow').checked")
        _append(part, json.dumps(_row(3, 1.0)) + "\n" + '{"kind": 4}\n')
        browser.until(lambda: _text(browser, "time-value") == "epoch 1.00 of 3")
        browser.until(lambda: "line 5: it is not a line of minigrad's" in _text(browser, "problems"))
        _append(part, '{"kind":"result"}\n')
        browser.until(lambda: "1 of 1 runs have ended" in _text(browser, "status"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_page_says_that_its_server_has_ended_and_keeps_what_it_shows(browser, folder, number):
    with serving(folder) as address:
        browser.visit(address)
        browser.until(lambda: _drawn(browser))
        before = browser.run("document.querySelector('main').textContent")
        for process in _children():
            os.kill(process, number)
        browser.until(lambda: "The server has ended" in _text(browser, "status"))
        assert browser.run("document.querySelector('main').textContent") == before
    browser.visit("about:blank")  # else it goes on asking
    browser.run("1")
    browser.messages[:] = [text for text in browser.messages if "ERR_" not in text]


def test_without_the_key_the_page_is_refused(browser, server):
    browser.visit(server.address.partition("?")[0])
    assert "the key is missing or wrong" in browser.run("document.body.textContent")
    browser.until(lambda: browser.run("document.readyState") == "complete" and len(browser.messages) > 1)
    assert all("status of 403" in text for text in browser.messages)  # of the page and of its icon
    browser.messages.clear()


@NEEDS_AXE
def test_axe_finds_nothing_serious(browser, page, server):
    for live in (False, True):
        if live:
            _ready(browser, server)
        else:
            browser.open(page)
        assert browser.hardly_accessible() == []


def test_the_page_says_that_its_server_is_silent(browser, folder):
    with serving(folder) as address:
        browser.visit(address)
        browser.until(lambda: _drawn(browser))
        processes = _children()
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            browser.run("(() => { const now = Date.now; Date.now = () => now() + 60_000; })()")
            browser.until(lambda: "No word from the server" in _text(browser, "status"))
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)
        browser.visit("about:blank")
    browser.run("1")
    browser.messages[:] = [text for text in browser.messages if "ERR_" not in text]
