"""Studies beyond the paper: a question each, a sweep of runs, figures, and a summary with its numbers.

Start at `study.py` (what a study is, and what its command does); ADD.md says how to add one. `fit.py`,
`exam.py` and `runs.py` serve several studies; every folder is one study.
"""

# A study's name, which is that of its command and of its module here, and a line about it for the help.
# `beyond` does and shows them in this order. Nothing is imported here, so that the help comes at once.
STUDIES = {
    "tasks": "the paper's future work: sums of keywords, order, negation, distractors, for every tree cell",
    "spectrum": "gradients under recurrent matrices of several spectral norms, beside their bound",
    "copy": "say symbols again after a delay of 10 to 100: Elman networks, LSTM and GRU",
    "count": "count beyond the lengths of training: aⁿbⁿ and aⁿbⁿcⁿ, LSTM against GRU, with their traces",
    "agreement": "number agreement over 1 to 20 words, and the gradient that gets back to the subject",
    "remedies": "what relu, orthogonal matrices, clipping and other remedies do to the RNN's gradients",
}
