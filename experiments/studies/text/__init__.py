"""Text: character language models, and what their cells know.

Start at README.md, then `corpus.py` (what is read), `truths.py` (what is true of every character) and
`perform.py` (what a run does).
"""
