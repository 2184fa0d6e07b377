"""What is in a folder, and what is new in it, while other processes write there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from lzma import LZMAError
from pathlib import Path
from typing import Any

from experiments.dashboard.growing import Growing
from experiments.dashboard.places import LIVE, RUNS, TABLE, run_id, unpacked
from experiments.dashboard.records import LOOKS, ROWS, ForeignLineError, Record, of_look, of_row

PATIENCE = 5.0  # seconds after which a last line that is not whole is told of
READERS: dict[str, Callable[[str, Any], list[Record]]] = {ROWS: of_row, LOOKS: of_look}


class Tail:
    """Reads the rows and looks of a folder, whoever writes them; what it can't read it tells, and goes on.

    Looks are passed on and not kept, as there may be many: `looks` reads those of a run.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[tuple[str, str], Growing] = {}
        self._kept: dict[tuple[str, str], list[Record]] = {}
        self._table, self._packed = (-1, -1), set[str]()
        self._problems: dict[str, str] = {}
        self._changed: dict[str, float] = {}

    def poll(self) -> list[Record]:
        """Return what is new since the last call."""
        news = self._read_table()
        present = {(ROWS, run) for run in self._packed}
        for source, run, path in self._list():
            present.add((source, run))
            news += self._read(source, run, path)
        for gone in self._kept.keys() - present:
            del self._kept[gone]
            self._files.pop(gone, None)
            news.append(_reset(*gone))
        return news

    def overview(self) -> list[Record]:
        """Return all that was found so far but the looks."""
        kept = [record for records in self._kept.values() for record in records]
        return kept + [_problem(where, text) for where, text in self._problems.items()]

    def looks(self, run: str) -> list[Record]:
        """Return the looks at a run, which `poll` has found; none if there is no such run."""
        if (LOOKS, run) not in self._files:
            return []
        found: list[Record] = []
        try:
            for line in Growing().read(self._path(run))[1]:
                for record in _records(LOOKS, run, line)[0]:
                    if record["kind"] == "resumed":  # what came after the checkpoint is taken back
                        found = [look for look in found if look.get("epoch", 0) <= record["epochs"]]
                    found.append(record)
        except OSError as error:
            return [_problem(self._where(self._path(run)), error.strerror or str(error))]
        return [record for record in found if record["kind"] in ("live", "look")]

    def _path(self, run: str) -> Path:
        return self.folder / LIVE / f"{run}.jsonl"

    def _list(self) -> Iterator[tuple[str, str, Path]]:
        """Yield source, run and path of every file; a finished run's once."""
        runs = self.folder / RUNS
        finished = sorted(runs.glob("*.jsonl"))
        done = {path.stem for path in finished}
        parts = [
            path for path in sorted(runs.glob("*.part")) if path.stem not in done and path.stem[0] != "."
        ]
        for path in (*finished, *parts):
            yield ROWS, path.stem, path
        for path in sorted((self.folder / LIVE).glob("*.jsonl")):
            yield LOOKS, path.stem, path

    def _read_table(self) -> list[Record]:
        """Return what is new in the table of finished runs; of those whose files were read nothing is."""
        path = self.folder / TABLE
        try:
            about = path.stat()
            state = about.st_size, about.st_mtime_ns
            if state == self._table:
                return []
            self._table = state
            contents, _ = unpacked(path)
        except FileNotFoundError:
            self._packed = set()
            return []
        except (OSError, LZMAError, EOFError) as error:
            return self._tell(TABLE, str(error))
        self._packed = set()
        news = self._tell(TABLE, None)
        for lines in map(bytes.splitlines, contents):
            try:
                header = json.loads(lines[0])
                run = run_id(header["name"], header["settings"])
            except (ValueError, KeyError, TypeError, IndexError):
                news += self._tell(TABLE, "it holds something else than runs")
                continue
            self._packed.add(run)
            if (ROWS, run) not in self._kept:
                found = [record for line in lines for record in _records(ROWS, run, line)[0]]
                self._kept[ROWS, run] = found
                news += found
        return news

    def _read(self, source: str, run: str, path: Path) -> list[Record]:
        key, where = (source, run), self._where(path)
        file = self._files.setdefault(key, Growing())
        kept = self._kept.setdefault(key, [])
        news: list[Record] = []
        before = file.lines
        try:
            anew, lines = file.read(path)
        except OSError as error:
            return self._tell(where, None if isinstance(error, FileNotFoundError) else str(error.strerror))
        if anew:
            kept.clear()
            news += [_reset(source, run), *self._tell(where, None)]
            before = 0
        for number, line in enumerate(lines, before + 1):
            records, wrong = _records(source, run, line)
            if wrong:
                news += self._tell(where, f"line {number}: {wrong}")
            news += records
            kept += [record for record in records if record["kind"] not in ("live", "look")]
        return news + self._watch_pending(where, file.pending, changed=anew or bool(lines))

    def _watch_pending(self, where: str, pending: bool, changed: bool) -> list[Record]:
        """Tell of a last line that stays without its end; take it back when it goes on."""
        now = time.monotonic()
        if changed or not pending:
            self._changed.pop(where, None)
            return self._tell(where, None) if self._problems.get(where) == TORN else []
        since = self._changed.setdefault(where, now)
        if now - since < PATIENCE or where in self._problems:
            return []
        return self._tell(where, TORN)

    def _tell(self, where: str, text: str | None) -> list[Record]:
        if self._problems.get(where) == text:
            return []
        if text is None:
            del self._problems[where]
        else:
            self._problems[where] = text
        return [_problem(where, text)]

    def _where(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()


TORN = "its last line is not whole; a training that was killed leaves one"


def _records(source: str, run: str, line: bytes) -> tuple[list[Record], str]:
    """Return the records of a line, and what is wrong with it; '' if nothing is."""
    try:
        return READERS[source](run, json.loads(line)), ""
    except ForeignLineError as error:
        return [], str(error)
    except ValueError:
        return [], "it is damaged"


def _reset(source: str, run: str) -> Record:
    return {"kind": "reset", "run": run, "source": source}


def _problem(where: str, text: str | None) -> Record:
    return {"kind": "problem", "where": where, "text": text}
