"""One thread for BLAS and OpenMP. Import this before anything that imports NumPy.

The products here are so small that several threads would only wait for each other, and a result must not
depend on how many there are.
"""

import os

VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)

for _variable in VARIABLES:
    os.environ.setdefault(_variable, "1")
