"""A Chromium that is installed, driven over a pipe by its DevTools protocol; nothing is downloaded."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--remote-debugging-pipe", "--hide-scrollbars", "--force-device-scale-factor=1"),
)
NEEDS_AXE = pytest.mark.skipif("AXE" not in os.environ, reason="AXE names no axe.min.js; .ci/slow fetches it")
# Chromium reads commands from descriptor 3 and answers on 4.
START = """
import os, sys
reads, writes = map(int, sys.argv[1:3])
os.dup2(reads, 3)
os.dup2(writes, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


def chromium() -> str | None:
    """Return the path of a Chromium, or None; CHROMIUM names one."""
    found = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES)]
    return next((path for path in found if path), None)


class Browser:
    """One page at a time: its requests and what it writes to the console are kept."""

    def __init__(self) -> None:
        program = chromium()
        if program is None:
            raise RuntimeError(f"there is no Chromium: install one of {', '.join(NAMES)}, or set CHROMIUM")
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        # Numbers above 4, so that neither is overwritten before it is used.
        pipes = [os.pipe() for _ in range(2)]
        ours = pipes[0][1], pipes[1][0]
        theirs = [self._high(pipes[0][0]), self._high(pipes[1][1])]
        command = [program, *OPTIONS, f"--user-data-dir={self._profile.name}", "about:blank"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", START, *map(str, theirs), *command],
            pass_fds=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for descriptor in theirs:
            os.close(descriptor)
        self._out, self._in = os.fdopen(ours[0], "wb"), os.fdopen(ours[1], "rb")
        self._number, self._rest = 0, b""
        self._session: str | None = None
        self.requests: list[str] = []
        self.messages: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    @staticmethod
    def _high(descriptor: int) -> int:
        import fcntl

        copy = fcntl.fcntl(descriptor, fcntl.F_DUPFD, 10)
        os.close(descriptor)
        return copy

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()
        self._out.close()
        self._in.close()
        self._profile.cleanup()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command; return its result. RuntimeError with the browser's message if it is refused."""
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        self._out.write(json.dumps(message).encode() + b"\0")
        self._out.flush()
        while True:
            answer = self._read()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            piece = os.read(self._in.fileno(), 1 << 16)
            if not piece:
                raise RuntimeError("the browser has ended")
            self._rest += piece
        message, self._rest = self._rest.split(b"\0", 1)
        event = json.loads(message)
        parameters = event.get("params", {})
        if event.get("method") == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif event.get("method") in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
            self.messages.append(json.dumps(parameters))
        return event

    def open(self, path: Path, address: str = "", width: int = 1280, height: int = 800) -> None:
        """Open a file with an address after the #, in a window of this size, with the network off."""
        self._go(path.absolute().as_uri() + address, width, height, offline=True)

    def visit(self, url: str, width: int = 1280, height: int = 800) -> None:
        """Open a page of a server on this machine, in a window of this size."""
        self._go(url, width, height, offline=False)

    def _go(self, url: str, width: int, height: int, offline: bool) -> None:
        speed = 0 if offline else -1
        speeds = {"latency": 0, "downloadThroughput": speed, "uploadThroughput": speed}
        self.call("Network.emulateNetworkConditions", offline=offline, **speeds)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self.call("Page.navigate", url="about:blank")
        self.requests.clear()
        self.call("Page.navigate", url=url)
        self.until(lambda: self.run("document.readyState") == "complete")

    def until(self, true: Callable[[], Any]) -> None:
        """Wait until a condition holds; TimeoutError after 30 s."""
        end = time.monotonic() + 30
        while not true():
            if time.monotonic() > end:
                raise TimeoutError("the page did not get there")
            time.sleep(0.02)

    def run(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; RuntimeError if it throws."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def press(self, key: str, code: int) -> None:
        """Press and release a key, such as ("Tab", 9), ("ArrowRight", 39), (" ", 32)."""
        names = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", **names, **({"text": " "} if key == " " else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **names)

    @contextmanager
    def without_scripts(self) -> Iterator[None]:
        """Switch off the scripts of pages that are opened inside the block; those of `run` work."""
        self.call("Emulation.setScriptExecutionDisabled", value=True)
        try:
            yield
        finally:
            self.call("Emulation.setScriptExecutionDisabled", value=False)

    def shows(self, selector: str) -> bool:
        """Return whether an element that CSS selects has a height on the page."""
        elements = f"[...document.querySelectorAll({json.dumps(selector)})]"
        return bool(self.run(f"{elements}.some(element => element.getBoundingClientRect().height > 0)"))

    def hardly_accessible(self) -> list[list[str]]:
        """Open all details, and return what axe calls serious or critical: impact, rule, element.

        AXE names its script; `NEEDS_AXE` marks tests that want it.
        """
        self.run("document.querySelectorAll('main details').forEach(one => { one.open = true; })")
        self.run(Path(os.environ["AXE"]).read_text(encoding="utf-8"))
        found = self.run(
            "axe.run().then(result => result.violations.map(one => [one.impact, one.id, one.nodes[0].html]))"
        )
        return [one for one in found if one[0] in ("serious", "critical")]

    def screenshot(self, path: Path, whole: bool = False) -> None:
        """Save what the window shows, or the whole page, as PNG."""
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        path.write_bytes(base64.b64decode(data))
