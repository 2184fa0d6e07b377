"""The benchmark: the training speed, beside PyTorch and DyNet where they are installed."""
