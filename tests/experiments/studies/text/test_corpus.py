"""What is read, and how it is split."""

from __future__ import annotations

import pytest

from experiments.studies.text.corpus import (
    PARTS,
    Corpus,
    Document,
    prose,
    smaller,
    split_by_document,
    standard_library,
)
from experiments.sweep import SweepError

DOCUMENTS = [Document(f"m{k}", "x" * (5 + k % 7)) for k in range(60)]


def test_the_standard_library_is_split_by_file_with_nothing_lost():
    whole = standard_library()
    names = [one.name for part in whole.parts.values() for one in part]
    assert len(names) == len(set(names))
    assert {"ast", "typing", "this"} <= set(names)
    assert not [name for name in names if name.startswith("_sysconfigdata")]  # a machine's own
    sizes = whole.sizes
    for part in ("dev", "test"):
        assert 0.1 <= sizes[part] / sum(sizes.values()) < 0.2
    assert standard_library().hash == whole.hash
    assert standard_library(seed=1).hash != whole.hash


def test_a_split_depends_on_names_and_seed_only():
    parts = split_by_document(DOCUMENTS, 0)
    assert sorted(one.name for part in parts.values() for one in part) == sorted(d.name for d in DOCUMENTS)
    again = split_by_document(reversed(DOCUMENTS), 0)
    assert {part: set(them) for part, them in parts.items()} == {p: set(them) for p, them in again.items()}
    assert parts != split_by_document(DOCUMENTS, 1)


def test_files_are_read_in_the_encoding_that_they_declare(tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.py").write_bytes("# coding: latin-1\r\nx = 'é'\r\n".encode("latin-1"))
    found = standard_library(folder=tmp_path, names="abc")
    assert {one.text for part in found.parts.values() for one in part} == {"# coding: latin-1\nx = 'é'\n"}


def test_a_folder_without_source_is_refused(tmp_path):
    with pytest.raises(SweepError, match="has 0 modules of the standard library as source; three are needed"):
        standard_library(folder=tmp_path)


def test_prose_is_cut_where_paragraphs_end(tmp_path):
    path = tmp_path / "novel.txt"
    paragraphs = [f"{k} " + "word " * 60 + "\n\n" for k in range(50)]
    path.write_text("".join(paragraphs))
    corpus = prose(path)
    parts = {name: documents[0].text for name, documents in corpus.parts.items()}
    assert "".join(parts.values()) == path.read_text()
    assert [len(text) // len(paragraphs[-1]) for text in parts.values()] == [40, 5, 4]
    assert parts["dev"].startswith(("40 ", "41 "))
    path.write_text("word " * 2000)  # one paragraph
    assert prose(path).sizes == {"train": 8000, "dev": 1000, "test": 1000}


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"a" * 9999, "has 9999 characters"), (b"a" * 20000 + b"\xe9", "byte 20000 is 0xe9")],
)
def test_prose_that_will_not_do_is_refused(content, message, tmp_path):
    path = tmp_path / "wrong.txt"
    path.write_bytes(content)
    with pytest.raises(SweepError, match=message):
        prose(path)


def test_a_smaller_corpus_has_whole_modules_and_the_beginning_of_prose():
    whole = standard_library(names=("ast", "bdb", "cmd", "this", "code", "opcode"))
    smallest = min(len(one.text) for one in whole.parts["train"])
    part = smaller(whole, {"train": smallest, "dev": 10**9, "test": 0})
    assert part.sizes == {"train": smallest, "dev": whole.sizes["dev"], "test": 0}
    assert part.parts["train"][0] in whole.parts["train"]
    assert part.hash != whole.hash
    novel = Corpus("prose", "novel", dict.fromkeys(PARTS, (Document("a", "some words"),)))
    assert smaller(novel, {"train": 4, "dev": 99, "test": 0}).sizes == {"train": 4, "dev": 10, "test": 0}
