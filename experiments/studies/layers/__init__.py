"""Layers: a bidirectional language model of a grammar whose entropy is known, and what its layers know.

Start at README.md, then `grammar.py` (what is read), `bilm.py` (the model) and `perform.py` (what a run does).
"""
