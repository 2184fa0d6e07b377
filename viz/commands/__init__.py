"""The commands of `python -m viz`, one file each: `add_arguments(parser)` and `run(args)`."""
