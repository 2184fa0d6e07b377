"""Copy memory: how long a delay each cell bridges, beside the loss of a guess without memory.

Start at `task.py` (the task and the guess), then `settings.py` (what is run) and `run.py` (one run).
"""

from experiments.studies.copy.figures import figures
from experiments.studies.copy.settings import jobs
from experiments.studies.copy.summary import summary
from experiments.studies.study import Study

STUDY = Study("copy", jobs, figures, summary)

__all__ = ["STUDY"]
