"""Number agreement: does a network still know, up to 20 words later, whether its subject was singular?

Start at `grammar.py` (the sentences) and `settings.py` (the runs); `run.py` is one run, `measures.py` what is
measured of it; `rows.py`, `figures.py`, `summary.py` and `wording.py` what becomes of it.
"""

from experiments.studies.agreement.figures import figures
from experiments.studies.agreement.settings import NAME, jobs
from experiments.studies.agreement.summary import summary
from experiments.studies.study import Study

STUDY = Study(NAME, jobs, figures, summary)

__all__ = ["STUDY"]
