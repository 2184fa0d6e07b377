"""Who waits is told for what; who does not, is not. On a fake clock."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from minigrad import waiting as module
from minigrad.waiting import LOGGER, WallClock, say, waiting
from tests.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage().removeprefix("minigrad: ") for record in caplog.records]


def test_a_quick_block_says_nothing(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    with waiting("reading", clock) as stage:
        clock.pass_(1.4)
        stage("drawing")
        clock.pass_(1.4)
    clock.pass_(60)
    assert lines(caplog) == []
    assert clock.due == []


def test_a_long_stage_is_told_once_and_while_it_lasts(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    with waiting("reading", clock):
        clock.pass_(2.9)
        assert lines(caplog) == []
        clock.pass_(0.2)
        assert lines(caplog) == ["reading"]
        clock.pass_(60)
    assert lines(caplog) == ["reading"]


def test_silence_is_counted_from_stage_to_stage(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    with waiting("reading", clock) as stage:
        clock.pass_(2)
        stage("drawing 1")
        clock.pass_(2)  # three seconds are over in the middle of it
        stage("drawing 2")
        clock.pass_(1.5)  # two and a half after the line
        stage("drawing 3")
        clock.pass_(20)
        stage("writing")  # after seventeen silent seconds: at once
        clock.pass_(0)
    assert lines(caplog) == stage.told == ["drawing 1", "drawing 3", "writing"]


def test_an_error_ends_the_waiting(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ZeroDivisionError), waiting("reading", clock):
        raise ZeroDivisionError
    clock.pass_(60)
    assert lines(caplog) == []


@contextmanager
def no_handlers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hide pytest's handlers, which hold a program's place here."""
    with monkeypatch.context() as patch:
        patch.setattr(LOGGER, "propagate", False)
        patch.setattr(LOGGER, "handlers", [])
        yield
    LOGGER.setLevel(logging.NOTSET)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_logging_the_line_goes_to_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with no_handlers(monkeypatch):
        say("reading")
        assert capsys.readouterr() == ("", "minigrad: reading\n")
        LOGGER.setLevel("ERROR")
        say("reading")
        assert capsys.readouterr() == ("", "")


def test_on_a_terminal_the_line_covers_a_progress_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(" 50%|" + "█" * 50)
    terminal.seek(0, io.SEEK_END)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("sys.stderr", terminal)
    with no_handlers(monkeypatch):
        say("reading")
    last = terminal.getvalue().split("\r")[-1]
    assert last == "minigrad: reading".ljust(59) + "\n"


def test_a_handler_of_the_program_gets_the_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = io.StringIO()
    with no_handlers(monkeypatch):
        monkeypatch.setattr(LOGGER, "handlers", [logging.StreamHandler(log)])
        say("reading")
    assert log.getvalue() == "minigrad: reading\n"
    assert capsys.readouterr().err == ""


def test_the_clock_on_the_wall_calls_and_cancels() -> None:
    called = threading.Event()
    never = threading.Event()
    cancel = WallClock().call_later(60, never.set)
    WallClock().call_later(-1, called.set)
    assert called.wait(60)
    cancel()
    assert not never.is_set()
    assert WallClock().now() <= WallClock().now()
    assert isinstance(module.CLOCK, WallClock)
