"""python -m viz: what it writes and says, and how it exits."""

import io
import re
import sys

import numpy as np
import pytest

import models
from minigrad.nn import load_document, save_document
from models.checkpoint import FORMAT
from tests.viz.pictures import svg_nodes, svg_text
from viz.__main__ import COMMANDS, main
from viz.arguments import any_cell, cell_class
from viz.directions import JACOBIANS, jacobian_values
from viz.heat import root_gradient_norms
from viz.text import short_number

TREE = "(3 (2 not) (1 (0 so) (4 bad)))"
DRAWING = [["tree", TREE], ["compare", TREE, "--model", "MODEL"], ["epochs", TREE, "--model", "MODEL"]]


@pytest.fixture
def checkpoints(tmp_path):
    paths = []
    for k in (2, 10, 1):
        rng = np.random.default_rng(k)
        vocabulary = models.Vocabulary(["not", "so", "bad"])
        model = models.TreeClassifier(models.RNN(4, rng), vocabulary, 5, rng)
        paths.append(str(models.save(tmp_path / f"rnn-{k}.npz", model)))
    return paths


@pytest.fixture
def treebank(tmp_path):
    path = tmp_path / "trees.txt"
    path.write_text("(0 (1 one) (1 word))\n\n(2 (2 not) (2 bad))\n", encoding="utf-8")
    return path


def drawn(path):
    return svg_nodes(path.read_bytes())


def test_a_tree_without_a_model_has_labels_and_no_heat(tmp_path, capsys):
    out = tmp_path / "tree.svg"
    assert main(["tree", TREE, "-o", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    text = svg_text(out.read_bytes())
    assert sorted(text) == sorted(["class 3", "not", "1", "so", "bad"])
    assert 'fill="#' not in out.read_text(encoding="utf-8")


def test_a_tree_with_a_model_has_heat(tmp_path, capsys, checkpoints):
    out = tmp_path / "tree.svg"
    command = ["tree", TREE, "--model", checkpoints[0], "--keyword", "bad", "--title", "RNN", "-o", str(out)]
    assert main(command) == 0
    text = svg_text(out.read_bytes())
    assert {"RNN", "gradient norm ‖∂J/∂p‖ at each node", "keyword"} <= set(text)
    assert main([*command, "--scale", "ratio", "--limits", "1e-8", "1e3"]) == 0
    text = svg_text(out.read_bytes())
    assert {"gradient norm ‖∂J/∂p‖ at each node / at the root", "10⁻⁸", "10³"} <= set(text)
    assert drawn(out)["n0"]["text"] == ["class 3", "1.00"]


def test_a_tree_without_a_file_to_write_is_printed(capsys):
    assert main(["tree", TREE]) == 0
    assert capsys.readouterr().out == "class 3\n├─ not\n└─┬ 1\n  ├─ so\n  └─ bad\n"


@pytest.mark.parametrize(("number", "words"), [([], ["one", "word"]), (["--tree", "2"], ["not", "bad"])])
def test_the_nth_tree_of_a_file_and_of_standard_input(treebank, monkeypatch, capsys, number, words):
    assert main(["tree", str(treebank), *number]) == 0
    from_file = capsys.readouterr().out
    assert all(word in from_file for word in words)
    monkeypatch.setattr(sys, "stdin", io.StringIO(treebank.read_text(encoding="utf-8")))
    assert main(["tree", "-", *number]) == 0
    assert capsys.readouterr().out == from_file


def test_empty_standard_input_is_no_tree(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert main(["tree", "-"]) == 2
    assert "standard input has 0 trees" in capsys.readouterr().err


def test_a_tree_of_many_children_is_nested_on_request(capsys):
    assert main(["tree", "(1 (a) (b) (c))", "--binarise", "right"]) == 0
    assert capsys.readouterr().out == "class 1\n├─ a\n└─┬ @1\n  ├─ b\n  └─ c\n"


def test_models_are_compared_in_their_order_under_their_names(tmp_path, capsys, checkpoints):
    out = tmp_path / "compare.svg"
    assert main(["compare", TREE, "--model", *checkpoints, "-o", str(out)]) == 0
    titles = [text for text in svg_text(out.read_bytes()) if text.startswith("rnn")]
    assert titles == ["rnn-2", "rnn-10", "rnn-1"]
    assert main(["compare", TREE, "--model", *checkpoints[:2], "--name", "A", "B", "-o", str(out)]) == 0
    assert {"A", "B"} < set(svg_text(out.read_bytes()))
    assert capsys.readouterr().out == f"{out}\n" * 2


@pytest.mark.parametrize("measure", JACOBIANS)
@pytest.mark.parametrize("command", ["tree", "compare", "epochs"])
def test_a_tree_is_coloured_by_singular_values_on_request(tmp_path, capsys, checkpoints, command, measure):
    out = tmp_path / "tree.svg"
    more = ["--numbers"] if command == "epochs" else []
    argv = [command, TREE, "--model", checkpoints[0], "--jacobian", measure, *more, "-o", str(out)]
    assert main(argv) == 0
    _, scale = JACOBIANS[measure]
    text = svg_text(out.read_bytes())
    values = jacobian_values(models.load(checkpoints[0]), models.Tree.parse(TREE), measure)
    fitted = scale.fit(values)
    assert {*map(fitted.printed, values)} <= set(text)
    assert scale.caption in " ".join(text)  # in two lines where the tree is narrow
    assert main([*argv, "--limits", "0.5", "1000"]) == 0
    assert "500" not in text
    assert "1000" in " ".join(svg_text(out.read_bytes())) or "10³" in svg_text(out.read_bytes())


def test_epochs_are_in_the_order_of_their_numbers(tmp_path, capsys, checkpoints):
    out = tmp_path / "epochs.html"
    assert main(["epochs", TREE, "--model", *checkpoints, "-o", str(out)]) == 0
    titles = re.findall(r'"title":"(.*?)"', out.read_text(encoding="utf-8"))
    assert titles == ["epoch 1", "epoch 2", "epoch 10"]
    assert capsys.readouterr().out == f"{out}\n"
    assert main(["epochs", TREE, "--model", checkpoints[0], checkpoints[0]]) == 0  # one number twice
    assert re.findall(r"^epoch \d", capsys.readouterr().out, re.MULTILINE) == ["epoch 1", "epoch 2"]


def test_the_second_of_two_equal_words_can_be_the_keyword(capsys):
    assert main(["tree", "(1 (a) (a))", "--keyword", "a#2"]) == 0
    assert capsys.readouterr().out == "class 1\n├─ a\n└─ a  ← keyword\n"


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        ("(the cat)", "note: (the cat) is the word 'cat' labelled 'the', two words are ((the) (cat))\n"),
        (
            "((the cat) (1 sat))",
            "note: (the cat) is the word 'cat' labelled 'the', two words are ((the) (cat))\n",
        ),
        ("((the) (cat))", ""),
        ("(1 cat)", ""),
        ("((2 the) (1 cat))", ""),
        ("(NP (DT the) (NN cat))", ""),
    ],
)
def test_a_word_that_is_read_as_a_label_is_told(capsys, tree, told):
    assert main(["tree", tree]) == 0
    assert capsys.readouterr().err == told


@pytest.mark.parametrize("command", ["tree", "compare", "epochs"])
@pytest.mark.parametrize(
    ("tree", "options"), [("(2 (2 not) (1 bad))", []), ("(9 (not) (bad))", ["--label", "2"])]
)
@pytest.mark.parametrize("suffix", ["txt", "svg"])
def test_a_picture_names_the_class_that_was_differentiated_and_the_predicted_one(
    tmp_path, checkpoints, command, tree, options, suffix
):
    out = tmp_path / f"picture.{suffix}"
    assert main([command, tree, "--model", checkpoints[0], *options, "-o", str(out)]) == 0
    parsed = models.Tree.parse(tree).map(label=lambda label: None)
    predicted = int(models.load(checkpoints[0]).predict(models.Forest([parsed]), "level")[0])
    told = out.read_text(encoding="utf-8") if suffix == "txt" else "\n".join(svg_text(out.read_bytes()))
    assert "J: cross-entropy of class 2 at the root" in told
    assert f"predicted: class {predicted} (p = 0." in told


@pytest.mark.filterwarnings("default::models.TreebankWarning")
def test_what_is_strange_about_a_file_is_one_line(tmp_path, capsys):
    path = tmp_path / "bank.txt"
    path.write_text("(1 (2 a) (HYPH))\n", encoding="utf-8")
    assert main(["tree", str(path), "--tree", "2"]) == 2
    note, error = capsys.readouterr().err.splitlines()
    assert note.startswith(f"note: {path}: 1 leaf has no label, as (HYPH) in the tree that begins in line 1")
    assert error.startswith("python -m viz: ")


def test_a_file_of_trees_has_an_encoding_and_a_layout_and_messages_name_their_options(tmp_path, capsys):
    path = tmp_path / "bank.txt"
    path.write_bytes("(3 (2 bête)\n(1 bad))\n".encode("latin-1"))
    assert main(["tree", str(path)]) == 2
    assert "name it with --encoding NAME" in capsys.readouterr().err
    assert main(["tree", str(path), "--encoding", "latin-1"]) == 2
    assert "(--layout paragraphs if it is part of this one)" in capsys.readouterr().err
    assert main(["tree", str(path), "--encoding", "latin-1", "--layout", "paragraphs"]) == 0
    assert "bête" in capsys.readouterr().out
    for wrong, told in [
        (["--encoding", "latin-one"], "argument --encoding: there is no text encoding 'latin-one'"),
        (["--comments", "("], "argument --comments: comments is what a line of comment begins with"),
    ]:
        with pytest.raises(SystemExit):
            main(["tree", str(path), *wrong])
        assert told in capsys.readouterr().err


ROW = "1\tIt" + "\t_" * 4 + "\t0" + "\t_" * 3


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (
            "a.txt",
            ROW,
            "python -m viz and predict read dependencies, from files that are called .conllu; for",
        ),
        ("a.txt", "1\tIt\t_\tPRP\t0\troot", "python -m viz and predict read the one of them that is called"),
        ("a.conllu", "(3 (2 a) (1 b))", "trees in brackets are in files that are called otherwise, as .txt"),
        ("a.txt", "; it\n(1 a)", "--comments ';' passes over"),
        ("a.txt", "(2 a)\n".encode("utf-16"), "pass --encoding utf-16"),
        ("a.txt", "(2 a)\n".encode("utf-16-le"), "as utf-16-le, with --encoding NAME"),
        ("a.conllu", ROW.replace("It", "é").encode("latin-1"), "name it with --encoding NAME"),
    ],
)
def test_messages_of_the_command_line_name_nothing_of_the_library(tmp_path, capsys, name, content, told):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    assert main(["tree", str(path)]) == 2
    err = capsys.readouterr().err
    assert told in err
    assert not re.search(r"models\.|read_|tree\.map|\b[a-z]+=", err)


def test_letters_that_the_terminal_lacks_are_printed_as_numbers(monkeypatch):
    printed = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", printed)
    assert main(["tree", "(gut (schön Wörter) (b))"]) == 0
    printed.flush()
    assert (
        printed.buffer.getvalue() == rb"gut" b"\n" rb"\u251c\u2500 W\xf6rter" b"\n" rb"\u2514\u2500 b" b"\n"
    )


def test_a_folder_of_penn_trees_is_read_without_traces_and_function_tags(tmp_path, capsys):
    (tmp_path / "00").mkdir()
    text = "( (S (NP-SBJ-1 (-NONE- *)) (VP (TO to) (VP=2 (VB go)))) )"
    (tmp_path / "00" / "wsj_0001.mrg").write_text(text, encoding="utf-8")
    strip = ["--strip-traces", "--strip-functions"]
    for source in (str(tmp_path), str(tmp_path / "*" / "*.mrg"), text):
        assert main(["tree", source, *strip]) == 0
        drawn = capsys.readouterr().out
        assert drawn.count("VP") == 2
        assert "NONE" not in drawn
        assert "=2" not in drawn
    assert main(["tree", str(tmp_path), "--tree", "1"]) == 0
    assert "NP-SBJ-1" in capsys.readouterr().out
    assert main(["tree", "((-NONE- *))", "--strip-traces"]) == 2
    assert "--strip-traces leaves nothing of this tree" in capsys.readouterr().err


def test_lines_of_comment_are_passed_over_on_request(tmp_path, capsys):
    path = tmp_path / "bank.txt"
    path.write_text("% one\n(1 (2 a) (3 b))\n", encoding="utf-8")
    assert main(["tree", str(path)]) == 2
    assert "(--comments % passes over lines that begin with %)" in capsys.readouterr().err
    assert main(["tree", str(path), "--comments", "%"]) == 0
    assert "class 1" in capsys.readouterr().out
    path.write_text("; one\n(1 (2 a) (3 b))\n", encoding="utf-8")
    assert main(["tree", str(path)]) == 2
    assert "(--comments ';' passes over" in capsys.readouterr().err  # as a shell needs it


WRONG = {
    "no tree": (["tree", "(3 (2 not)"], r"line 1, column 11: expected '\)'.*\n.*\n.*\^\n"),
    "no file": (["tree", "nowhere.txt"], "nowhere.txt: No such file"),
    "a folder": (["tree", "FOLDER"], r"a folder without \.mrg files; name others by a pattern, as .*\*\.txt"),
    "too few trees": (["tree", "TREES", "--tree", "3"], "has 2 trees; there is no --tree 3"),
    "bytes": (["tree", "MODEL"], r"line 1, column \d+: expected.*\n.*\n.*\^\n"),
    "no model": (["tree", TREE, "--model", "TREES"], "is not an .npz"),
    "no such model": (["tree", TREE, "--model", "nowhere.npz"], "nowhere.npz"),
    "unknown word": (["tree", "(1 (not) (mad))", "--model", "MODEL"], "'mad' is not among"),
    "not binary": (["tree", "(1 (not) (so) (bad))", "--model", "MODEL"], "the tree has .* --binarise left"),
    "third not binary": (
        ["tree", "LABELLED", "--tree", "3", "--model", "MODEL"],
        r"tree 3 of .*labelled\.txt, line 3, has a node with 3 children, 'not so bad'; .*--binarise left",
    ),
    "one child": (["tree", "(1 (1 (so)) (bad))", "--model", "MODEL"], "a node with 1 child, 'so'"),
    "no class": (["tree", TREE, "--model", "MODEL", "--label", "5"], r"classes of this model are 0\.\.4"),
    "a root of no class": (
        ["tree", "(9 (2 not) (1 bad))", "--model", "MODEL"],
        r"the root has the label '9', but the classes of this model are 0\.\.4; say which .*: --label CLASS",
    ),
    "no class in a graph": (["graph", TREE, "--label", "5"], r"classes of this model are 0\.\.4, not 5"),
    "no keyword": (["tree", TREE, "--keyword", "mad"], "no such word in 'not so bad'"),
    "two keywords": (["tree", "(1 (a) (a))", "--keyword", "a"], "occurs 2 times; say which, from a#1 on"),
    "a third of two": (["tree", "(1 (a) (a))", "--keyword", "a#3"], "'a' occurs 2 times"),
    "a second of one": (["tree", TREE, "--tree", "2"], "TREE is a tree itself"),
    "scale without a model": (["tree", TREE, "--scale", "norm"], "they need --model"),
    "label without a model": (["tree", TREE, "--label", "1"], "they need --model"),
    "jacobian without a model": (["tree", TREE, "--jacobian", "rank"], "they need --model"),
    "jacobian of a loss": (
        ["tree", TREE, "--model", "MODEL", "--jacobian", "rank", "--label", "1"],
        "--scale and --label are about gradients of a loss",
    ),
    "jacobian and ratios": (
        ["compare", TREE, "--model", "MODEL", "--jacobian", "largest", "--scale", "ratio"],
        "--scale and --label are about gradients of a loss",
    ),
    "cell without a model": (["tree", TREE, "--cell", "RNN"], "they need --model"),
    "cell of no model": (
        ["tree", TREE, "--model", "MODEL", "--cell", "RLSTM"],
        "--cell names RLSTM, but no model here has that cell",
    ),
    "limits": (["tree", TREE, "--model", "MODEL", "--limits", "1", "0.1"], "0 < vmin < vmax"),
    "limits of ratios": (
        ["tree", TREE, "--model", "MODEL", "--scale", "ratio", "--limits", "2", "3"],
        "has 1 between",
    ),
    "depth": (["tree", TREE, "--max-depth", "-1"], "--max-depth is at least 0"),
    "columns": (["compare", TREE, "--model", "MODEL", "--columns", "0"], "at least one column"),
    "names": (["compare", TREE, "--model", "MODEL", "--name", "a", "b"], "2 titles for 1 models"),
    "twice": (["compare", TREE, "--model", "MODEL", "MODEL"], "'rnn-2'; tell them apart with --name"),
}


@pytest.mark.parametrize("command", WRONG)
def test_wrong_input_exits_with_2_one_message_and_nothing_written(
    tmp_path, capsys, checkpoints, treebank, command
):
    argv, message = WRONG[command]
    labelled = tmp_path / "labelled.txt"
    labelled.write_text("(0 (so) (bad))\n" * 2 + "(1 (not) (so) (bad))\n", encoding="utf-8")
    names = {
        "MODEL": checkpoints[0],
        "TREES": str(treebank),
        "LABELLED": str(labelled),
        "FOLDER": str(tmp_path),
    }
    out = tmp_path / "out.svg"
    assert main([*(names.get(arg, arg) for arg in argv), "-o", str(out)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("python -m viz: ")
    assert captured.err.count("\n") == (3 if "\\n" in message else 1)
    assert re.search(message, captured.err)
    assert not out.exists()


MINE = """
import numpy as np
import minigrad as mg

class Halves(mg.Cell):
    def __init__(self, D, rng, dtype=np.float32):
        self.settings = {"D": D}
        self.parts = (mg.Part("h", D),)
        self.W = mg.nn.Parameter(rng.normal(size=(D, D)).astype(dtype))

    def compose(self, left, right):
        return mg.tanh((left.h + right.h) / 2 @ self.W.T)

class Sums(mg.NaryCell):
    def __init__(self, D, rng, dtype=np.float32):
        self.settings = {"D": D}
        self.parts, self.word_width = (mg.Part("h", D),), D
        self.W = mg.nn.Parameter(rng.normal(size=(D, D)).astype(dtype))

    def compose(self, word, children):
        return mg.tanh(word + children.sum(children.h) @ self.W.T)
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The file of a model of one's own cell, whose class is in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    (tmp_path / "mine_of_viz.py").write_text(MINE, encoding="utf-8")
    (tmp_path / "evil_of_viz.py").write_text("open('opened', 'w').close()\n", encoding="utf-8")
    kind = cell_class("mine_of_viz:Halves")
    rng = np.random.default_rng(0)
    model = models.TreeClassifier(kind(4, rng), models.Vocabulary(["not", "so", "bad"]), 5, rng)
    yield str(models.save(tmp_path / "own.npz", model))
    sys.modules.pop("mine_of_viz")


@pytest.mark.parametrize(
    "argv",
    [
        ["tree", TREE, "--model"],
        ["compare", TREE, "--model", "RNN"],
        ["epochs", TREE, "--model"],
        ["graph", TREE, "--model"],
    ],
    ids=lambda argv: argv[0],
)
def test_a_model_of_an_own_cell_is_drawn_where_its_class_is_named(own, checkpoints, capsys, argv):
    argv = [checkpoints[0] if arg == "RNN" else arg for arg in argv]
    assert main([*argv, own]) == 2
    told = capsys.readouterr().err
    assert "own.npz holds a model of the cell 'Halves', which is not one of minigrad's" in told
    assert told.endswith("say where its class is: --cell package.module:Halves\n")
    assert main([*argv, own, "--cell", "mine_of_viz:Halves"]) == 0
    assert "not" in capsys.readouterr().out


def test_an_own_cell_for_dependency_trees_is_drawn(own, tmp_path, capsys):
    kind, rng = any_cell("mine_of_viz:Sums"), np.random.default_rng(0)
    model = models.TreeClassifier(kind(4, rng), models.Vocabulary(["It"]), 2, rng)
    path = str(models.save(tmp_path / "sums.npz", model))
    (tmp_path / "a.conllu").write_text(ROW, encoding="utf-8")
    for command in ("tree", "compare", "epochs", "graph"):
        assert main([command, "a.conllu", "--model", path, "--cell", "mine_of_viz:Sums"]) == 0
        assert "It" in capsys.readouterr().out
    assert main(["graph", "a.conllu"]) == 0  # of a cell for such trees
    assert "h[0]" in capsys.readouterr().out


def test_the_heat_of_an_own_cell_is_its_gradient(own, capsys):
    assert main(["tree", TREE, "--model", own, "--cell", "mine_of_viz:Halves"]) == 0
    drawn = capsys.readouterr().out
    model = models.load(own, {"Halves": cell_class("mine_of_viz:Halves")})
    for norm in root_gradient_norms(model, models.Tree.parse(TREE)):
        assert short_number(norm) in drawn


@pytest.mark.parametrize(
    "name",
    [
        "evil_of_viz",
        "evil_of_viz:Boom",
        "evil_of_viz.Boom",
        "x" * 500,
        "\x1b[2J",
        "__import__('evil_of_viz')",
    ],
)
@pytest.mark.parametrize("more", [[], ["--cell", "mine_of_viz:Halves"]])
def test_a_name_inside_a_file_is_never_imported(own, tmp_path, capsys, name, more):
    header, arrays = load_document(own, FORMAT)
    save_document(own, FORMAT, {**header, "cell": name}, arrays)
    before = sorted(sys.modules)
    assert main(["tree", TREE, "--model", own, *more]) == 2
    assert not (tmp_path / "opened").exists()
    assert [module for module in sys.modules if "evil" in module and module not in before] == []
    told = capsys.readouterr().err
    assert "say where its class is: --cell package.module:" in told
    assert told.count("\n") == 1
    assert told[:-1].isprintable()
    assert len(told) < 400


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "COMMAND"),
        (["tee", TREE], "invalid choice: 'tee'"),
        (["tree"], "TREE"),
        (["tree", TREE, "--tree", "0"], "the number of a tree is a whole number from 1 on, not '0'"),
        (["tree", TREE, "-o", "tree.gif"], r"\.svg, \.png, \.pdf, \.dot, \.html, \.txt"),
        (["tree", TREE, "--scale", "log"], "invalid choice: 'log'"),
        (["compare", TREE], "--model"),
        (["tree", TREE, "--model", "m.npz", "--cell", "nowhere:Cell"], "there is no module 'nowhere' here"),
        (["tree", TREE, "--model", "m.npz", "--cell", "numpy:array"], "numpy:array is no class"),
    ],
)
def test_wrong_arguments_exit_with_2(capsys, argv, message):
    with pytest.raises(SystemExit) as exit:
        main(argv)
    assert exit.value.code == 2
    assert re.search(message, capsys.readouterr().err)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(capsys, command):
    with pytest.raises(SystemExit) as exit:
        main([command, "--help"])
    assert exit.value.code == 0
    assert re.search(rf"^ +python -m viz {command} .*-o \S+$", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.parametrize("argv", DRAWING, ids=lambda argv: argv[0])
def test_ctrl_c_exits_with_130(monkeypatch, capsys, checkpoints, tmp_path, argv):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("viz.picture.render", interrupt)
    out = tmp_path / "out.svg"
    argv = [checkpoints[0] if arg == "MODEL" else arg for arg in argv]
    assert main([*argv, "-o", str(out)]) == 130
    assert capsys.readouterr().err == "interrupted\n"
    assert not out.exists()


@pytest.mark.parametrize("argv", DRAWING, ids=lambda argv: argv[0])
def test_without_an_engine_it_exits_with_1_and_says_what_helps(
    monkeypatch, capsys, checkpoints, tmp_path, argv
):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    argv = [checkpoints[0] if arg == "MODEL" else arg for arg in argv]
    assert main([*argv, "-o", str(tmp_path / "out.svg")]) == 1
    assert "pip install pygraphviz" in capsys.readouterr().err
    for suffix in ("dot", "txt"):
        assert main([*argv, "-o", str(tmp_path / f"out.{suffix}")]) == 0
