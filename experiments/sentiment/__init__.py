"""Sentiment at every node of real sentences. Start with data.py."""
