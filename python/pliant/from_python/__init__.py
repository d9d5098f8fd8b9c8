# python/pliant/from_python/__init__.py — ordinary Python functions as programs
"""From the source of a Python function to the text of a `pliant.program.Program`: see `pliant.relax`."""
