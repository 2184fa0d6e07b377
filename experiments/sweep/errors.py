"""What can be wrong with a sweep before anything runs."""


class SweepError(Exception):
    """Stored rows, settings or a cluster that a sweep can't work with; the text says what would be right."""
