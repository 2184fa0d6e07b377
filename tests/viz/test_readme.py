import re
from pathlib import Path

import viz


def test_the_example_prints_what_it_says(capsys):
    readme = Path(viz.__file__).with_name("README.md").read_text(encoding="utf-8")
    example = re.search(r"```python\n(.*?)```", readme, re.DOTALL)[1]
    exec(compile(example, "viz/README.md", "exec"), {})
    said = re.findall(r"print\(.*\)  # (.*)", example)
    assert capsys.readouterr().out.splitlines() == said


def test_every_file_is_in_the_table():
    folder = Path(viz.__file__).parent
    readme = (folder / "README.md").read_text(encoding="utf-8")
    files = {path.name for path in folder.glob("*.py")} - {"__init__.py", "__main__.py"}
    assert {name for name in files if f"`{name}`" not in readme} == set()
