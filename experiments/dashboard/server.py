"""The server: one page, and what is in one folder, for browsers on this machine that have the key.

Any program and any web page on the machine can reach a port on the loopback address. Therefore every request
needs the key that is in the printed address, and its Host has to name this machine: a page of another name
that resolves to 127.0.0.1 (DNS rebinding) is refused. No request names a file.
"""

from __future__ import annotations

import queue
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from experiments.dashboard.clients import Clients
from experiments.dashboard.saved import titled
from experiments.dashboard.tail import Tail

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")
POLL_EVERY = 0.2  # seconds
ANSWER_WITHIN = 0.1  # seconds between two looks whether the server is to end
HEARTBEAT = 15.0  # seconds, by which proxies and pages know that the server lives
SLOWEST = 30.0  # seconds that a client may take for a request
JSON, HTML = "application/json; charset=utf-8", "text/html; charset=utf-8"


class DashboardServer(ThreadingHTTPServer):
    """Serves a folder.

    Parameters
    ----------
    tail : Tail
    page : str
        HTML.
    port : int
        0 for any that is free.

    Attributes
    ----------
    address : str
        With the key.

    Raises
    ------
    OSError
        If the port is taken.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, tail: Tail, page: str, port: int = 0) -> None:
        super().__init__((HOST, port), _Handler)
        self.clients, self.page = Clients(tail), titled(page, tail.folder)
        self.key = secrets.token_urlsafe(18)
        self.hosts = {f"{name}:{self.server_port}" for name in NAMES}
        self.address = f"http://{HOST}:{self.server_port}/?key={self.key}"
        self._ended = threading.Event()

    def run(self) -> None:
        """Serve until `shutdown`."""
        threading.Thread(
            target=self.clients.poll_forever, args=(POLL_EVERY, self._ended), daemon=True
        ).start()
        try:
            self.serve_forever(ANSWER_WITHIN)
        finally:
            self._ended.set()
            self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a browser that closes a connection is no error."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = SLOWEST
    server: DashboardServer

    def do_GET(self) -> None:
        """Answer a request."""
        parts = urlsplit(self.path)
        given = parse_qs(parts.query).get("key", [""])[0]
        if self.headers.get("Host") not in self.server.hosts:
            self._refuse(403, "this server answers to requests for this machine only")
        elif not secrets.compare_digest(given.encode(), self.server.key.encode()):
            self._refuse(403, "the key is missing or wrong: open the address that was printed")
        elif parts.path == "/":
            self._answer(self.server.page.encode(), HTML)
        elif parts.path == "/page.html":
            self._answer(self.server.clients.saved(self.server.page), HTML)
        elif parts.path == "/api/runs":
            self._answer(self.server.clients.overview(), JSON)
        elif parts.path.startswith("/api/run/"):
            self._answer(self.server.clients.looks(unquote(parts.path.removeprefix("/api/run/"))), JSON)
        elif parts.path == "/api/events":
            self._events()
        else:
            self._refuse(404, "there is no such page")

    def _answer(self, content: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self._headers(kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _refuse(self, status: int, why: str) -> None:
        self.close_connection = True
        self._answer(f"{why}\n".encode(), "text/plain; charset=utf-8", status)

    def _headers(self, kind: str) -> None:
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")

    def _events(self) -> None:
        """Send what is new, as server-sent events, until the page has gone."""
        messages = self.server.clients.enter()
        self.close_connection = True
        try:
            self.send_response(200)
            self._headers("text/event-stream")
            self.end_headers()
            self.wfile.write(b'data: {"kind":"hello"}\n\n')
            while True:
                try:
                    self.wfile.write(b"data: " + messages.get(timeout=HEARTBEAT) + b"\n\n")
                except queue.Empty:
                    self.wfile.write(b'data: {"kind":"beat"}\n\n')
        except OSError:  # the page has gone
            pass
        finally:
            self.server.clients.leave(messages)

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing: the key would stand in the log."""
