"""A page with its data in it: what the server sends when the page is to be saved, and ``--save`` writes."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from experiments.dashboard.records import Record
from experiments.dashboard.tail import Tail

NO_DATA = '<script type="application/json" id="data">null</script>'
ASKS = "connect-src 'self'"


def everything(tail: Tail) -> list[Record]:
    """Return all records that a tail has found, looks included."""
    records = tail.overview()
    for run in dict.fromkeys(record["run"] for record in records if record["kind"] == "run"):
        records += tail.looks(run)
    return records


def titled(page: str, folder: Path) -> str:
    """Return the page with the folder's name in its title, by which tabs of a browser are told apart."""
    return page.replace("<title>", f"<title>{escape(folder.absolute().name)}: ", 1)


def with_data(page: str, folder: Path, records: list[Record]) -> str:
    """Return the page with records in place of none, and forbidden to ask anybody."""
    data = json.dumps({"name": folder.name, "records": records}, separators=(",", ":"), ensure_ascii=False)
    assert page.count(NO_DATA) == 1
    filled = NO_DATA.replace("null", data.replace("<", "\\u003c"))
    return page.replace(NO_DATA, filled).replace(ASKS, "connect-src 'none'", 1)
