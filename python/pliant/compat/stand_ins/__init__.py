# python/pliant/compat/stand_ins/__init__.py — modules that published scripts import beside their package
"""The runner puts this folder last on the path: what is installed is taken before what is here."""
