"""Character language models on Python's own source and on prose, beside n-grams and compressors.

Elman network, GRU and LSTM learn to predict the next character of the standard library's modules, and of the
file that --text names. What is measured and what is expected stands in experiments/studies/text/README.md.

example: python -m experiments text --text novel.txt
"""

from __future__ import annotations

from experiments.studies.text import study

add_arguments, run = study.add_arguments, study.run
