"""Why Figure 3 comes out as it does: what decides at which length the RLSTM stops learning.

Start at `README.md`, which has the question, the plan and the rule of choice as they were written before its
first run; then `plan.py` (the parts in their order), `decay.py` (a cell of the grid), `choice.py` (the rule).
"""
