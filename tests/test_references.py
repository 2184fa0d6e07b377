"""The comparison of texts with references: what is rounding, and what a failure says."""

from __future__ import annotations

import pytest

from tests import references


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("x 0.123 0.5", "x 0.124 0.5", True),
        ("x 0.123", "x 0.125", False),
        ("x 1.5e-07", "x 1.6e-07", True),
        ("x 1.5e-07", "x 1.5e-08", False),
        ("x 1", "x 0.9999", True),  # printed with %g
        ("x 1", "x 2", False),
        ("#0072b2", "#0072b3", False),
        ("n2.5", "n2.6", False),
        ("x 0.5", "x -0.5", False),
        ("x 0.1234567890123456", "x 0.1234567890123999", True),
        ("x 0.123456789", "x 0.123456792", False),
        ("x 0.5", "y 0.5", False),
        ("x 0.5", "x 0.5 0.5", False),
    ],
)
def test_only_numbers_may_differ_in_their_last_place(one: str, other: str, same: bool) -> None:
    assert references.alike(one, other) == references.alike(other, one) == same


def test_a_failure_shows_the_first_line_that_differs_and_the_command(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(references, "TESTS", tmp_path)
    monkeypatch.setenv(references.REWRITE, "1")
    references.assert_reference("references/a.txt", "one\ntwo\nthree\n")
    monkeypatch.delenv(references.REWRITE)
    references.assert_reference("references/a.txt", "one\ntwo\nthree")
    for text, line in (("one\ntow\nthree", 2), ("one\ntwo", 3), ("one\ntwo\nthree\nfour", 4)):
        with pytest.raises(
            AssertionError, match=rf"line {line} of tests/references/a\.txt has changed"
        ) as told:
            references.assert_reference("references/a.txt", text)
        assert "REWRITE_REFERENCES=1 python -m pytest tests/test_references.py" in str(told.value)
    with pytest.raises(AssertionError, match="line 1 of tests/references/none"):
        references.assert_reference("references/none.txt", "one")
