"""What is written into a sweep's folder, shown while it is written: a server of its own process, and a page.

Start at `tail.py`. What the server loads needs nothing but Python's standard library, so that it stays small;
`page.py` and `process.py` are for the process that starts it.
"""
