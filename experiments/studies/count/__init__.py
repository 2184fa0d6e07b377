"""Counting: do LSTM and GRU go on counting beyond the lengths that they were trained on?

Strings aⁿbⁿ and aⁿbⁿcⁿ, next symbol by next symbol; trained on short ones, tested on longer ones, with the
traces of what the cells hold.
"""

from experiments.studies.count.figures import figures
from experiments.studies.count.perform import CELLS, grid, perform
from experiments.studies.count.summary import summary
from experiments.studies.study import Study

STUDY = Study("count", grid, perform, figures, summary, CELLS, runs={"smoke": 2, "paper": 3})
add_arguments, run = STUDY.add_arguments, STUDY.run
