"""Sentiment at every node of real sentences: data, settings, one run, accuracies, gradients at every word."""
