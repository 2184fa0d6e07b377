import os
import subprocess
import sys

import pytest

from viz import fonts

# Two words of equal length look the same where every letter is an empty box.
PROGRAM = """
import sys
from pathlib import Path
from models.tree import Tree
from viz import TreePicture, fonts
from viz.render import render
fonts._SYSTEM = ()
for word in ("nnnn", "eeee"):
    picture = TreePicture(Tree.parse(f"(1 (0 {word}) (0 a))"), [0.1, 0.2, 0.3], keyword=0, title="∂‖⁵")
    for suffix in ("svg", "png", "pdf", "dot", "html", "txt"):
        picture.save(Path(sys.argv[1]) / f"{word}.{suffix}")
def image(word):
    return render(f'digraph {{ a [shape=none fontname="{fonts.FONT}" label="{word}"] }}', "png")
same = image("nnnn") == image("eeee"), image("‖∂⁻⁵") == image("∂‖⁵⁻")
print(*same)
"""


def test_every_format_has_letters_on_a_machine_without_fonts_and_programs(tmp_path):
    empty = tmp_path / "empty.conf"
    empty.write_text("<fontconfig></fontconfig>")
    nowhere = str(tmp_path / "nowhere")
    bare = os.environ | {
        "FONTCONFIG_FILE": str(empty),
        "FONTCONFIG_PATH": nowhere,
        "XDG_DATA_HOME": nowhere,
        "XDG_CONFIG_HOME": nowhere,
        "XDG_CACHE_HOME": nowhere,
        "PATH": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], env=bare, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("False False\n", "")
    for suffix in ("svg", "html", "dot", "txt"):
        assert "eeee" in (tmp_path / f"eeee.{suffix}").read_text(encoding="utf-8")
    # Words of equal length look the same in boxes.
    assert (tmp_path / "eeee.png").read_bytes() != (tmp_path / "nnnn.png").read_bytes()
    assert b"DejaVuSans" in (tmp_path / "eeee.pdf").read_bytes()


@pytest.mark.parametrize("before", [None, "/some/fonts.conf"])
def test_the_environment_is_put_back(monkeypatch, before):
    monkeypatch.delenv("FONTCONFIG_FILE", raising=False)
    if before is not None:
        monkeypatch.setenv("FONTCONFIG_FILE", before)
    with fonts.findable():
        assert os.environ["FONTCONFIG_FILE"] != before
    assert os.environ.get("FONTCONFIG_FILE") == before


def test_a_configuration_of_the_user_is_read_as_well(monkeypatch):
    monkeypatch.setenv("FONTCONFIG_FILE", "/a&b/fonts.conf")
    with fonts.findable(), open(os.environ["FONTCONFIG_FILE"], encoding="utf-8") as file:
        assert "/a&amp;b/fonts.conf</include>" in file.read()
