"""Spectral norms and eigenvalues of the recurrent matrix, and how far back a gradient gets.

Start at `flow.py` (what is measured, and the bounds), then `matrices.py` and `unshared.py` (of what),
`untrained.py` and `trained.py` (one run of either kind); `settings.py` has the runs.
"""

from experiments.studies.spectrum.figures import figures
from experiments.studies.spectrum.settings import jobs
from experiments.studies.spectrum.summary import summary
from experiments.studies.study import Study

STUDY = Study("spectrum", jobs, figures, summary)

__all__ = ["STUDY"]
