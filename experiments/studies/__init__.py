"""Studies beyond the paper: a question each, a sweep of runs, a figure, and a paragraph with its numbers.

Start at `study.py` (what a study is, and what its command does) and `training.py` (how its models are
trained). `cells.py`, `enough.py` and `outcomes.py` serve several studies; every other file or
folder is one study.
"""

from experiments.studies.study import Study, add_arguments, run
from experiments.training.recorded import record_result, recorded_fit

__all__ = ["Study", "add_arguments", "record_result", "recorded_fit", "run"]
