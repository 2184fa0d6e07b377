"""Text: character language models, and what their cells know.

Start at `corpus.py` (what is read), then `truths.py` (what is true of every character) and `ngrams.py` (what
a network is compared with).
"""
