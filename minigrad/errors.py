"""The errors of the engine. Each is also the built-in error that a caller would expect to catch."""


class ShapeError(ValueError):
    """Operands whose shapes do not fit the operation; the text names op, operands, shapes and rule."""


class GraphError(RuntimeError):
    """A graph used in a way it can't be: freed, changed in place, asked for a second derivative."""


class CompileWarning(UserWarning):
    """The fold's compiler had to do without something; results are the same, but come more slowly."""
