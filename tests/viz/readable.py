"""Whether a figure can be read: letters of a size, all on the page, none over another."""

from __future__ import annotations


def assert_readable(drawn, texts, *, repeated=False):
    """Check these texts of a figure, and its legend's; with `repeated`, equal texts may lie on each other."""
    boxes = [
        (text, text.get_window_extent()) for text in [*texts, *drawn.legends[0].texts] if text.get_text()
    ]
    for text, box in boxes:
        assert text.get_fontsize() >= 7
        assert box.x0 >= 0
        assert box.x1 <= drawn.bbox.x1
        assert box.y0 >= 0
        assert box.y1 <= drawn.bbox.y1
    for k, (text, box) in enumerate(boxes):
        for other, second in boxes[:k]:
            alike = repeated and text.get_text() == other.get_text()
            assert alike or not box.overlaps(second), (text, other)
