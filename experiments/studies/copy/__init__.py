"""Copy memory: how long a delay do Elman networks, LSTM and GRU bridge?

Some symbols, a delay of 10 to 100 positions, then the symbols have to be said again in order; beside the loss
of a guess without memory.
"""

from experiments.studies.copy.figures import figures
from experiments.studies.copy.perform import CELLS, grid, perform
from experiments.studies.copy.summary import summary
from experiments.studies.study import Study

STUDY = Study("copy", grid, perform, figures, summary, CELLS, runs={"smoke": 2, "paper": 3})
add_arguments, run = STUDY.add_arguments, STUDY.run
