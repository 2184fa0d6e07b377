"""Layers: what the layers of a bidirectional language model know of a grammar whose entropy is known.

Start at README.md, then `grammar.py` (what is read), `bilm.py` (the model) and `perform.py` (a run).
"""
