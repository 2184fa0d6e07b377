"""Every option of every command, with its default, choices and help, beside its reference.

A wanted change: ``REWRITE_REFERENCES=1 python -m pytest tests/experiments/commands``.
"""

from __future__ import annotations

import pytest

from experiments.__main__ import COMMANDS, _module
from tests.option_text import option_text
from tests.references import assert_reference


@pytest.mark.parametrize("command", COMMANDS)
def test_options_are_those_of_the_reference(command: str) -> None:
    assert_reference(f"experiments/references/options-{command}.txt", option_text(_module, COMMANDS, command))
