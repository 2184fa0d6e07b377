"""Many runs: each done once, resumable at any instant, by one process, several, or a cluster.

Start at `job.py` (what a run is) and `settings.py`, then `worker.py` and `recorder.py` (what happens in a
worker), `drive.py` (what gives out the work) and `command.py`. `rows.py` tells what is in the files. The
package does not know what the runs do.
"""

from experiments.sweep.command import add_arguments, run
from experiments.sweep.errors import SweepError
from experiments.sweep.job import Job
from experiments.sweep.recorder import Recorder
from experiments.sweep.rows import Run, finished
from experiments.sweep.settings import from_json, to_json

__all__ = ["Job", "Recorder", "Run", "SweepError", "add_arguments", "finished", "from_json", "run", "to_json"]
