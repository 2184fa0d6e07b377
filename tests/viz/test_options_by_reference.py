"""Every option of every command, with its default, choices and help, beside its reference.

A wanted change: ``REWRITE_REFERENCES=1 python -m pytest tests/viz``.
"""

from __future__ import annotations

import pytest

from tests.option_text import option_text
from tests.references import assert_reference
from viz.__main__ import COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_options_are_those_of_the_reference(command: str) -> None:
    text = option_text("viz.commands.{}".format, COMMANDS, command)
    assert_reference(f"viz/references/options-{command}.txt", text)
