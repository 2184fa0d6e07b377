"""The commands of `python -m viz`, a file each: `add_arguments(parser)` and `run(args)`."""
