"""Kill `capacity` at random moments, run it again, and look what became of the rows.

``python -m kill_loop`` is the long form, `make test-kill`; the short one is
``tests/python/cli/test_kill_loop.py``. A small fleet is generated, then commands are
killed (`sessions`) and repeated to their end (`loop`), while a process beside them
polls the database (`reading`). After each one the tables are held against what was
delivered (`checks`), at the end against a warehouse that nobody killed (`twin`).
"""
