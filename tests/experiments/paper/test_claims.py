"""`claims`: what it prints, what it writes, and what it says where rows are missing."""

from __future__ import annotations

import json

import pytest

from experiments.__main__ import main
from experiments.paper import claims, treebank
from experiments.paper.stored import ABLATION, command_line
from experiments.sweep.output import RESULTS
from models import TreebankError
from tests.experiments.paper import made_up


def run(*argv):
    return main(["claims", *map(str, argv)])


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    out, ablate = tmp_path_factory.mktemp("paper"), tmp_path_factory.mktemp("ablate")
    made_up.store(out, made_up.paper_runs())
    made_up.store(ablate, made_up.ablation_runs())
    return out, ablate


@pytest.fixture
def bank(tmp_path):
    folder = tmp_path / "bank"
    made_up.store_treebank(folder)
    return folder


def test_the_treebanks_leaves_are_counted_by_hand(bank):
    found = treebank.measure(bank)
    assert (found["trees"], found["leaves"]) == (4, 2 + 1 + 3 + 11)
    assert found["share_root_0"] == 15 / 17  # but x and y
    assert found["share_root_1"] == 14 / 17  # nor z, their parent's sister
    assert set(found["sha256"]) == set(made_up.TREES)


def test_every_claim_is_printed_with_sentence_numbers_and_verdict(folders, bank, capsys, tmp_path):
    out, ablate = folders
    assert run("--out", out, "--ablate", ablate, "--treebank", bank, "--json", tmp_path / "c.json") == 0
    printed = " ".join(capsys.readouterr().out.split())
    for claim in claims.CLAIMS:
        assert claim.sentence in printed
        assert claim.criterion in printed
    assert "holds: 21, partly: 0, does not hold: 0, no rows: 0" in printed
    assert "say nothing about the paper" not in printed
    n, ablated = len(made_up.paper_runs()), len(made_up.ablation_runs())
    told = "of RNN, RLSTM on 10,000 training sentences each; rows in"
    assert printed.startswith(f"{n} runs {told} {out.name}, made by")
    assert f" {ablated} runs {told} {ablate.name}, made by" in printed
    entries = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert [entry["id"] for entry in entries] == list(range(1, 22))
    assert all(set(entry) == {"id", "verdict", "criterion", "measured"} for entry in entries)
    assert entries[0]["measured"] == "B 82.3 % (runs 82.0 81.6 82.3 81.8 82.1)"

    # The treebank is kept as a number, so that the table needs no treebank.
    run("--out", out, "--ablate", ablate)
    assert "holds: 21" in capsys.readouterr().out
    assert not (out / "claims.md").exists()
    claims.tell(out, ablate, write=True)
    table = (out / "claims.md").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    assert len(rows) == 22
    assert all(line.count(" | ") == 4 for line in rows)
    assert json.loads((out / "claims.json").read_text(encoding="utf-8")) == entries
    (out / claims.TREEBANK).unlink()


def test_missing_rows_are_named_with_their_command(tmp_path, capsys):
    out = tmp_path / "smoke"
    made_up.store(out, [run for run in made_up.paper_runs(2, "smoke") if run.name[:6] == "length"])
    assert run("--out", out, "--ablate", tmp_path / "ablate") == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "no rows: 16" in printed
    assert f"python -m experiments depth --scale smoke --out {out}" in printed
    assert f"python -m experiments ablate --scale paper --out {tmp_path / 'ablate'}" in printed
    assert f"python -m experiments claims --treebank DIR --out {out}" in printed
    assert "These verdicts say nothing about the paper" in printed
    assert "2 runs, the criteria are made for 10,000 and 5" in printed


def test_without_any_rows_there_is_one_message_and_nothing_is_written(tmp_path, capsys):
    out = tmp_path / "none"
    assert run("--out", out, "--ablate", tmp_path, "--json", tmp_path / "c.json") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert f"python -m experiments all --scale paper --out {out}" in captured.err
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_refused_whatever_the_ablation_has(folders, tmp_path, capsys):
    assert run("--out", tmp_path, "--ablate", folders[1]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(
        f"minigrad: there are no finished runs in {tmp_path}; make them: python -m"
    )


def test_a_folder_that_is_not_there_is_refused_whatever_the_ablation_has(folders, tmp_path, capsys):
    assert run("--out", tmp_path / "mistyped", "--ablate", folders[1]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"minigrad: no such folder: {tmp_path / 'mistyped'}; make it: python -m")
    assert captured.err.count("\n") == 1


def test_a_damaged_treebank_is_named_by_file_and_line(bank, capsys, tmp_path):
    (bank / "dev.txt").write_text("(2 a)\n(2 (2 b)\n", encoding="utf-8")
    out = tmp_path / "out"
    assert main(["claims", "--out", str(out), "--ablate", str(tmp_path), "--treebank", str(bank)]) == 2
    assert "dev.txt, line 2, column 9: expected ')'" in capsys.readouterr().err
    assert not out.exists()
    (bank / "dev.txt").write_bytes(b"(2 \xff)")
    with pytest.raises(TreebankError, match=r"dev\.txt, line 1, column 4: .* the byte 0xff"):
        treebank.measure(bank)
    for name in made_up.TREES:
        (bank / name).write_text("\n")
    with pytest.raises(OSError, match="there are no trees"):
        treebank.measure(bank)


def test_the_treebank_is_read_as_the_options_say(bank, capsys, tmp_path, folders):
    for path in bank.iterdir():
        path.write_text(f"; by hand\n{path.read_text('utf-8')}", "utf-8")
    stored = ["claims", "--out", str(folders[0]), "--ablate", str(folders[1])]
    assert main([*stored, "--treebank", str(bank)]) == 2
    assert "--comments ';' passes over" in capsys.readouterr().err
    assert main([*stored, "--treebank", str(bank), "--comments", ";", "--binarise", "left"]) == 0
    capsys.readouterr()
    assert main([*stored, "--comments", ";", "--strip-traces"]) == 2
    assert "--comments, --strip-traces: there is no treebank to read" in capsys.readouterr().err


def test_a_measurement_that_was_edited_into_no_json_is_refused(tmp_path):
    (tmp_path / claims.TREEBANK).write_text("{")
    with pytest.raises(OSError, match="is no JSON"):
        claims.read(tmp_path, tmp_path)


@pytest.mark.parametrize(("scale", "verdict"), [("smoke", "no rows"), ("paper", "holds")])
def test_other_settings_are_judged_by_rows_of_the_same_scale(scale, verdict, folders, tmp_path, monkeypatch):
    monkeypatch.setitem(ABLATION, "paper", folders[1])
    monkeypatch.setitem(ABLATION, "smoke", tmp_path / "ablate-smoke")
    out = tmp_path / scale
    made_up.store(out, made_up.paper_runs(1, scale))
    assert run("--out", out, "--json", tmp_path / "c.json") == 0
    entry = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))[20]
    assert entry["verdict"] == verdict


def test_commands_name_a_folder_only_where_it_is_not_the_usual_one():
    assert command_line("length", RESULTS / "paper") == "python -m experiments length --scale paper"
    assert command_line("length", RESULTS / "smoke") == "python -m experiments length --scale smoke"
    assert command_line("ablate", RESULTS / "ablate") == "python -m experiments ablate --scale paper"
    smoke = command_line("ablate", RESULTS / "ablate-smoke")
    assert smoke == "python -m experiments ablate --scale smoke"
