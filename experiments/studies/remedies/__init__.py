"""What each remedy against the vanishing gradient does to the RNN's gradient ratio, and to its accuracy.

Start at `settings.py` (what is tried), then `run.py` (what is measured); `trials.py` chose what the remedies
leave open.
"""

from experiments.studies.remedies.figures import figures
from experiments.studies.remedies.settings import NAME, jobs
from experiments.studies.remedies.summary import summary
from experiments.studies.study import Study

STUDY = Study(NAME, jobs, figures, summary)

__all__ = ["STUDY"]
