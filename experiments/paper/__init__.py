"""The paper's experiments as runs: settings, data, one run, the grids. Start with settings.py."""
