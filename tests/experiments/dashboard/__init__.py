"""Tests of `experiments.dashboard`."""
