"""The server: who may ask, for what, and what a page is told, by requests over a socket."""

from __future__ import annotations

import http.client
import json
import threading
from contextlib import closing, contextmanager

import pytest

from experiments.dashboard import clients as clients_module
from experiments.dashboard.clients import AGAIN, Clients
from experiments.dashboard.page import save
from experiments.dashboard.places import LIVE, RUNS
from experiments.dashboard.saved import NO_DATA
from experiments.dashboard.server import DashboardServer
from experiments.dashboard.tail import Tail
from tests.experiments.dashboard.test_tail import HEAD, RUN, _append, _row, _write

PAGE = f"<html>connect-src 'self'; {NO_DATA}</html>"


LOOK = {"kind": "look", "epoch": 1, "batch": 1, "at": 0.5}


def _folder(path):
    _write(path / "rows" / RUNS / "a-RNN-1.part", RUN, _row(1))
    _write(path / "rows" / LIVE / "a-RNN-1.jsonl", HEAD, LOOK)
    (path / "secret.jsonl").write_text("secret")
    return path / "rows"


@contextmanager
def _serving(folder):
    server = DashboardServer(Tail(folder), PAGE)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server
    server.shutdown()
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def folder(tmp_path):
    return _folder(tmp_path)


@pytest.fixture
def own_server(folder):
    with _serving(folder) as server:
        yield server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with _serving(_folder(tmp_path_factory.mktemp("server"))) as server:
        yield server


def _ask(server, path, key=None, host=None, method="GET"):
    """Return status, headers and content."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)) as connection:
        query = "" if key == "" else f"?key={server.key if key is None else key}"
        headers = {} if host is None else {"Host": host}
        connection.request(method, path + query, headers=headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()


def test_it_listens_on_the_loopback_address_only(server):
    assert server.server_address[0] == "127.0.0.1"
    assert server.address == f"http://127.0.0.1:{server.server_port}/?key={server.key}"
    assert len(server.key) >= 24


@pytest.mark.parametrize(
    "path", ["/", "/page.html", "/api/runs", "/api/run/a-RNN-1", "/api/events", "/nothing"]
)
@pytest.mark.parametrize("key", ["", "wrong", "wrong%00", "%F0%9F%99%82"])
def test_without_the_key_nothing_is_told(server, path, key):
    status, _, content = _ask(server, path, key=key)
    assert status == 403
    assert b"key" in content
    assert server.key.encode() not in content


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "localhost:1", "[::1]", ""])
def test_a_request_for_another_host_is_refused_even_with_the_key(server, host):
    status, _, content = _ask(server, "/api/runs", host=host)
    assert status == 403
    assert b"this machine only" in content


def test_both_names_of_this_machine_are_answered(server):
    for name in ("localhost", "127.0.0.1"):
        assert _ask(server, "/", host=f"{name}:{server.server_port}")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/../secret.jsonl",
            "/api/run/../../secret",
            "/api/run/..%2F..%2Fsecret",
            "/rows/runs/a-RNN-1.part",
        ),
        *("//etc/passwd", "/api/run/%2Fetc%2Fpasswd", "/api/run/", "/api", "/index.html"),
    ],
)
def test_no_request_reaches_a_file_outside(server, path):
    status, _, content = _ask(server, path)
    assert (status, content) in ((404, b"there is no such page\n"), (200, b"[]"))


def test_it_answers_get_and_nothing_else(server):
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert _ask(server, "/api/runs", method=method)[0] == 501


def test_answers_can_t_be_kept_framed_or_read_by_other_pages(server):
    headers = _ask(server, "/")[1]
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in headers


def test_runs_and_looks_are_told(server):
    assert _ask(server, "/")[2].decode() == PAGE
    runs = json.loads(_ask(server, "/api/runs")[2])
    assert [record["kind"] for record in runs] == ["run", "epoch", "run", "resumed"]
    looks = json.loads(_ask(server, "/api/run/a-RNN-1")[2])
    assert [record["kind"] for record in looks] == ["live", "look"]


def test_the_saved_page_is_the_page_with_its_data(own_server, folder, tmp_path):
    text = _ask(own_server, "/page.html")[2].decode()
    assert "connect-src 'none'" in text
    data = json.loads(text[text.index("json") + len('json" id="data">') : text.index("</script>")])
    assert data["name"] == "rows"
    assert [record["kind"] for record in data["records"]] == [
        "run",
        "epoch",
        "run",
        "resumed",
        "live",
        "look",
    ]
    path = save(folder, tmp_path / "saved.html")
    saved = path.read_text(encoding="utf-8")
    assert json.dumps(data["records"], separators=(",", ":")) in saved
    _write(folder / RUNS / "b.part", {**RUN, "name": "</script><b>"})
    assert "</script><b>" not in save(folder, path).read_text(encoding="utf-8")


def test_what_is_written_is_told_to_all_that_listen(own_server, folder):
    streams = []
    for _ in range(2):
        connection = http.client.HTTPConnection("127.0.0.1", own_server.server_port, timeout=20)
        connection.request("GET", f"/api/events?key={own_server.key}")
        streams.append((connection, connection.getresponse()))
    for _, answer in streams:
        assert answer.getheader("Content-Type") == "text/event-stream"
        assert _event(answer) == {"kind": "hello"}
    _ask(own_server, "/api/runs")  # what was there before is in this answer
    _append(folder / RUNS / "a-RNN-1.part", json.dumps(_row(2)) + "\n")
    for connection, answer in streams:
        record = _event(answer)
        while record.get("epoch") != 2:  # what was there when nobody had asked yet
            record = _event(answer)
        answer.close()
        connection.close()


def _event(answer):
    line = answer.readline()
    assert line.startswith(b"data: "), line
    assert answer.readline() == b"\n"
    return json.loads(line.removeprefix(b"data: "))


def test_a_page_that_does_not_read_holds_up_nobody_and_loads_all_again(folder, monkeypatch):
    monkeypatch.setattr(clients_module, "MOST_WAITING", 3)
    clients = Clients(Tail(folder))
    asleep, awake = clients.enter(), clients.enter()
    clients.overview()
    for epoch in range(2, 8):
        _append(folder / RUNS / "a-RNN-1.part", json.dumps(_row(epoch)) + "\n")
        clients.overview()
        while not awake.empty():
            last = awake.get()
    assert json.loads(last)["epoch"] == 7
    waiting = [asleep.get() for _ in range(asleep.qsize())]
    assert waiting[0] == AGAIN
    assert len(waiting) <= 3


def test_two_dashboards_of_one_folder_have_keys_of_their_own(server, folder):
    other = DashboardServer(Tail(folder), PAGE)
    try:
        assert other.key != server.key
        assert other.server_port != server.server_port
    finally:
        other.server_close()
