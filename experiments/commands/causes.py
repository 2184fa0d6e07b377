"""Find out why claims fail under the chosen settings: trials that could have refuted each reason.

The paper's experiments with the chosen settings and one thing changed: other training sentences in every
epoch, labels dealt at random, L2 on words, leaf matrices, initial values, the authors' optimiser. What each
reason predicts stands in experiments/paper/causes/predictions.py. Data and seeds are those of no other run.

example: python -m experiments causes --scale paper --jobs 2
"""

from __future__ import annotations

from experiments.paper.causes import study

add_arguments, run = study.add_arguments, study.run
