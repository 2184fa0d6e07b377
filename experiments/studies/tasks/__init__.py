"""The paper's future work: several keywords, their order, negation, distractors.

Start at `sentences.py` (what the tasks share), then `keywords.py`, `negation.py` and `distractors.py` (a task
each), `settings.py` and `run.py` (a run), `figures.py` and `summary.py` (what came out).
"""

from experiments.studies.study import Study
from experiments.studies.tasks.figures import figures
from experiments.studies.tasks.settings import jobs
from experiments.studies.tasks.summary import summary

STUDY = Study("tasks", jobs, figures, summary)
