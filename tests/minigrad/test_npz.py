"""Files of arrays: whole or not there, and never code."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigrad.files import atomic_write
from minigrad.nn import Module, Parameter, StateError, load_npz, save_npz

ARRAYS = {"W": np.arange(6, dtype=np.float32).reshape(2, 3), "a.b": np.array(0.1), "empty": np.zeros((0, 4))}


def test_arrays_survive_the_round_trip_bit_for_bit(tmp_path: Path) -> None:
    values = {**ARRAYS, "odd": np.array([np.nan, -0.0, np.inf, 5e-324])}
    path = save_npz(tmp_path / "state.npz", values)
    loaded = load_npz(path)
    assert list(loaded) == list(values)
    for name, array in values.items():
        assert loaded[name].dtype == array.dtype
        assert loaded[name].shape == array.shape
        assert loaded[name].tobytes() == array.tobytes()


def test_a_module_survives_the_round_trip(tmp_path: Path) -> None:
    class Model(Module):
        def __init__(self, seed: int) -> None:
            self.W = Parameter(np.random.default_rng(seed).normal(size=(2, 2)))

    path = save_npz(tmp_path / "model", Model(1).state_dict())
    assert path.name == "model"
    other = Model(2)
    other.load_state_dict(load_npz(path))
    np.testing.assert_array_equal(other.W.data, Model(1).W.data)


opened = []


class Flag:
    """Leaves a trace when it is unpickled."""

    def __reduce__(self) -> Any:
        return opened.append, ("unpickled",)


def test_pickles_are_refused_and_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "evil.npz"
    np.savez(path, W=np.array([Flag()], dtype=object))
    with pytest.raises(StateError, match=r"evil.npz is not a readable .npz of plain arrays"):
        load_npz(path)
    np.save(tmp_path / "evil.npy", np.array([Flag()], dtype=object))
    with pytest.raises(StateError):
        load_npz(tmp_path / "evil.npy")
    assert opened == []


def test_python_objects_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="allow_pickle"):
        save_npz(tmp_path / "state.npz", {"W": np.array([None])})
    assert list(tmp_path.iterdir()) == []


def archive_with_text() -> bytes:
    text = io.BytesIO()
    with zipfile.ZipFile(text, "w") as archive:
        archive.writestr("hello.txt", "hello")
    return text.getvalue()


def single_array() -> bytes:
    text = io.BytesIO()
    np.save(text, np.eye(2))
    return text.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"PK\x03\x04", b"\x80\x04K\x01.", archive_with_text(), single_array()],
    ids=["empty", "text", "start of a zip", "a pickle", "zip without arrays", "a single array"],
)
def test_a_foreign_file_is_a_state_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "foreign.npz"
    path.write_bytes(content)
    with pytest.raises(StateError, match=r"foreign\.npz is not a"):
        load_npz(path)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_damage_anywhere_is_a_state_error_or_does_no_harm(tmp_path: Path, save: Any) -> None:
    path = tmp_path / "state.npz"
    save(path, W=ARRAYS["W"], b=np.zeros(2))
    whole = path.read_bytes()
    errors = 0
    for place in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        try:
            load_npz(path)
        except StateError:
            errors += 1
    assert errors > len(whole) / 10
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(StateError):
            load_npz(path)


def test_a_missing_file_is_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_npz(tmp_path / "nothing.npz")


@pytest.mark.parametrize("place", ["missing/state.npz", "file/state.npz", "folder"])
def test_an_unwritable_path_is_named_and_nothing_is_left(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("here first")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=f"can't write {Path(place).name} into .*{tmp_path.name}"):
        save_npz(tmp_path / place, ARRAYS)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "here first"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, OSError])
def test_the_old_file_stays_when_writing_fails(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "state"
    path.write_bytes(b"old")

    def fail() -> None:
        with atomic_write(path) as file:
            file.write(b"new, but not all of it")
            raise error("disk full")

    with pytest.raises(error, match="disk full"):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_new_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_bytes(b"old")
    with atomic_write(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="permission bits")
def test_a_file_gets_the_permissions_of_any_other_new_file(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("")
    with atomic_write(tmp_path / "state") as file:
        file.write(b"")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("other", "state")}
    assert len(modes) == 1


def test_a_long_name_can_be_written(tmp_path: Path) -> None:
    save_npz(tmp_path / ("n" * 240), ARRAYS)
    assert [len(path.name) for path in tmp_path.iterdir()] == [240]


@pytest.mark.parametrize("path", ["/", "."])
def test_a_path_without_a_name_is_a_folder(path: str) -> None:
    with pytest.raises(IsADirectoryError, match="it is a folder"):
        save_npz(path, ARRAYS)


def test_a_file_of_another_kind_is_not_taken_for_a_pickle(tmp_path: Path) -> None:
    (tmp_path / "notes.npz").write_text("hello")
    with pytest.raises(StateError) as caught:
        load_npz(tmp_path / "notes.npz")
    assert "pickle" not in str(caught.value)
