"""Find out what decides at which length the RLSTM stops learning, and choose what the paper leaves open.

L2 on words, L2 on the rest and leaf matrices are fully crossed, for both models, on sentences of several
lengths and depths; the best cells are trained with more seeds, and everything else is tried around the best
of them: single changes and random settings. Data and seeds are none of the paper's experiments'. The rule of
choice stands in experiments/paper/why/README.md.

example: python -m experiments why --scale paper --dry-run
"""

from __future__ import annotations

from experiments.paper.why import study

add_arguments, run = study.add_arguments, study.run
