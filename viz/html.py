"""A page in one file that loads nothing from the network."""

from __future__ import annotations

import html

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 1em; background: #ffffff; color: #000000; font-family: "DejaVu Sans", sans-serif; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def page(title: str, body: str) -> str:
    """Return a page with a title, which is escaped here, and a body, which is HTML already."""
    return _PAGE.format(title=html.escape(title), body=body)


def inline(svg: str) -> str:
    """Return the text of an SVG file for use inside a page: in its own size, scrolled if it is wider."""
    return f'<div style="overflow: auto">\n{svg[svg.index("<svg") :].rstrip()}\n</div>'
