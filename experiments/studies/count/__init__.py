"""Counting: aⁿbⁿ and aⁿbⁿcⁿ, trained on short strings and tested on longer ones, and what the cells hold.

Start at `task.py` (the strings, and what accepting one means), then `settings.py` and `run.py` (one run).
"""

from experiments.studies.count.figures import figures
from experiments.studies.count.settings import jobs
from experiments.studies.count.summary import summary
from experiments.studies.study import Study

STUDY = Study("count", jobs, figures, summary)

__all__ = ["STUDY"]
