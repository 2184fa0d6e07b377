"""How long the explorer redraws at D 50, T 100: `python -m tests.viz.explorer_redraw [SCREENSHOT]`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.browser import Browser
from viz.explorer import explorer_page

TIMES = 20
# From the event to a layout, in milliseconds, for each of these values of a slider.
MEASURE = """(() => [...VALUES].map(value => {
  const slider = document.getElementById("NAME"), start = performance.now();
  slider.value = value;
  slider.dispatchEvent(new Event("input"));
  document.body.offsetHeight;
  return performance.now() - start;
}))()"""


def main() -> None:
    """Print least, middle and most of 20 redraws; save a screenshot of 1280 by 800 if a path is given."""
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        page = Path(folder) / "explorer.html"
        page.write_text(explorer_page(), encoding="utf-8")
        browser.open(page)
        if sys.argv[1:]:
            browser.screenshot(Path(sys.argv[1]))
        for name, values, what in (
            ("seed", [*range(2, TIMES + 2)], "matrices drawn anew"),
            ("scale", [0.3 + k / 20 for k in range(TIMES)], "the same matrices, scaled"),
        ):
            took = sorted(browser.run(MEASURE.replace("VALUES", str(values)).replace("NAME", name)))
            print(f"{what}: {took[0]:.0f} to {took[-1]:.0f} ms, median {took[TIMES // 2]:.0f} ms")  # noqa: T201


if __name__ == "__main__":
    main()
