"""A GitLab stand-in: the runner API and the runner protocol, in memory.

`routes.py` holds the table of everything it answers; `main.py` is the program.
"""
