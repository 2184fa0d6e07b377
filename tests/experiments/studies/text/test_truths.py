"""What is true of every character, against snippets that are marked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.studies.text.corpus import Document, standard_library
from experiments.studies.text.python_truths import python_truths
from experiments.studies.text.truths import NAMES, letters, position, quotes, truths


def _marks(values):
    return "".join("." if not value else str(int(value)) for value in values)


# Line by line, and below each character what is true of it: 0 and False as a dot. The dot or digit at the end
# of a row is that of the line's end.
MARKED = {
    "quotes within quotes, and a hash that is no comment": """string
x = "a'b#" + 'c"d'  # "e"
....111111...11111........
""",
    "a comment, and its end": """comment
x = '#'  # a 'b'
.........1111111.
y
..
""",
    "a prefix belongs to the string": """string
f(rb'a', u'')
..11111..111..
""",
    "an f-string is one string, with all that is replaced": """string
f'{a["b"]}' + f"{f'{c}'}"
11111111111...11111111111.
""",
    "brackets in strings and comments do not count": """brackets
f(f'{(a)}', "(", [1])  # (
.1111111111111111221.......
""",
    "brackets after each character": """brackets
f({a: [b]}, ())
.1222233211121..
""",
    "three quotes, over lines": """string
a = '''x
....11111
"y" # '
11111111
''' + b
111.....
""",
    "a backslash goes on with the line": """brackets
x = [1, \\
....111111
  2]
111..
""",
    "an if-statement with its branches": """if
a
..
if b: c
11111111
elif d:
11111111
  e
1111
else:
111111
  f
111.
g
..
""",
    "an if-expression is none": """if
a = b if c else d
..................
""",
    "an if-statement behind letters of several bytes": """if
é = 'ü'
........
if ß: 'ö'; é
111111111111.
ü
..
""",
    "blocks": """indentation
if a:
......
  b
1111

1
  # c
111111
  if d:
11111111
    e
222222
f
..
""",
    "blocks that begin with tabs": """indentation
if a:
......
\tb
111
\tif c:
1111111
\t\td
2222
e
..
""",
    "lines inside a bracket keep the blocks": """indentation
def f():
.........
  g(
11111
1)
111
h
..
""",
}


@pytest.mark.parametrize("case", MARKED)
def test_truths_of_python_are_those_marked_by_hand(case):
    name, *rows = MARKED[case].split("\n")[:-1]
    source, marks = "\n".join([*rows[::2], ""]), "".join(rows[1::2])
    assert _marks(python_truths(source)[name]) == marks


def test_a_module_that_ends_without_a_newline_or_inside_a_block():
    found = python_truths("if a:\n  'b' # c")
    assert _marks(found["string"]) == "........111...."
    assert _marks(found["comment"]) == "............111"
    assert _marks(found["if"]) == "11111111111...."
    assert _marks(found["indentation"]) == "......111111111"


def test_an_empty_file_has_empty_truths():
    for corpus in NAMES:
        found = truths(corpus, Document("empty", ""))
        assert set(found) == set(NAMES[corpus])
        assert all(values.shape == (0,) for values in found.values())


@pytest.mark.parametrize("source", ["x = (1\n", "if a:\nb\n", "'a\n", "a\0b\n"])
def test_what_is_no_python_is_refused_by_its_name(source):
    with pytest.raises(ValueError, match=r"^wrong\.py is no module that this version of Python can parse: "):
        python_truths(source, "wrong.py")


def test_places_in_lines_and_words():
    text = "ab\n\nc d9éf_\n"
    assert _marks(position(text)) == ".12.." + "1234567"
    assert _marks(letters(text)) == "12..1.1.12.."


def test_quotes_open_and_close_by_turns_and_every_paragraph_begins_outside():
    assert _marks(quotes('a "b" c\n')) == "..111..."
    assert _marks(quotes('"a\nb\n\n"c" d\n')) == "11111.111..."
    assert _marks(quotes("“a “b” c” d")) == "111111111.."
    assert _marks(quotes("“a\n\nb” c")) == "111..1.."


def test_every_string_and_comment_of_the_library_is_inside_and_nothing_else():
    """Against the text itself: what is left when all that is marked is cut out has no quote and no hash."""
    corpus = standard_library(names=("ast", "bdb", "cmd"))
    (document,) = (one for part in corpus.parts.values() for one in part if one.name == "cmd")
    found = python_truths(document.text, document.name)
    left = np.array(list(document.text))[~found["string"] & ~found["comment"]]
    assert not set(left) & set("'\"#")
    assert found["string"].any()
    assert found["comment"].any()
    assert found["brackets"].min() == 0 == found["brackets"][-1]
