import os

import pytest

from viz.files import suffix_of, write_atomic


def test_a_file_has_the_permissions_of_any_new_file(tmp_path):
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    assert write_atomic(tmp_path / "new", b"x").stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize("folder", ["missing", "file"])
def test_an_unwritable_path_is_named_and_leaves_nothing_behind(tmp_path, folder):
    (tmp_path / "file").write_bytes(b"kept")
    with pytest.raises(OSError, match=f"into .*{folder}: No(t a directory| such)"):
        write_atomic(tmp_path / folder / "tree.svg", b"x")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"kept"


def test_a_folder_in_the_place_of_the_file_stays_and_no_part_is_left(tmp_path):
    (tmp_path / "tree.svg").mkdir()
    with pytest.raises(OSError, match=r"can't write tree.svg into"):
        write_atomic(tmp_path / "tree.svg", b"x")
    assert [entry.name for entry in tmp_path.iterdir()] == ["tree.svg"]


def test_a_failure_halfway_leaves_the_old_file_alone(tmp_path, monkeypatch):
    path = write_atomic(tmp_path / "tree.svg", b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left on device"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["tree.jpg", "tree", ".svg", "svg"])
def test_an_unknown_suffix_is_answered_with_the_possible_ones(name):
    with pytest.raises(ValueError, match=r"\.svg, \.png"):
        suffix_of(name, ("svg", "png"))


def test_capital_letters_in_a_suffix_do_not_matter():
    assert suffix_of("Tree.SVG", ("svg", "png")) == "svg"
