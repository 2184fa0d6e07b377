"""Number agreement: the verb has to agree with a subject that is up to 20 words away.

Elman, LSTM and GRU read sentences of an artificial grammar up to the verb's place and tell its number; RNN
and RLSTM do so over random trees of the same sentences. Trained on each distance alone and on all together:
accuracy by distance, and how much of the gradient gets back from the verb's place to the subject.

example: python -m experiments agreement --scale paper --jobs 2
"""

from experiments.studies.agreement.figures import figures
from experiments.studies.agreement.perform import CELLS, grid, perform
from experiments.studies.agreement.summary import summary
from experiments.studies.study import Study

STUDY = Study("agreement", grid, perform, figures, summary, CELLS)
add_arguments, run = STUDY.add_arguments, STUDY.run
