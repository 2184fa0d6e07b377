"""Beyond the paper: what decides how far back a gradient gets, singular values or eigenvalues.

Recurrent matrices of spectral norms 0.8, 1.0 and 1.2: the gradient after up to 100 steps beside its bound,
for tanh, sigmoid and relu, with one matrix for all steps and one for each; then the same while networks learn
to tell a sentence's first word after 10, 50 and 100 words.
"""

from experiments.studies.spectrum import trained, untrained
from experiments.studies.spectrum.figures import figures
from experiments.studies.spectrum.settings import Trained, Untrained, grid
from experiments.studies.spectrum.summary import summary
from experiments.studies.study import Study
from experiments.sweep import Recorder


def perform(settings: Trained | Untrained, recorder: Recorder) -> None:
    """Do one run, with training or without."""
    if isinstance(settings, Trained):
        trained.perform(settings, recorder)
    else:
        untrained.perform(settings, recorder)


STUDY = Study("spectrum", grid, perform, figures, summary)
add_arguments, run = STUDY.add_arguments, STUDY.run
