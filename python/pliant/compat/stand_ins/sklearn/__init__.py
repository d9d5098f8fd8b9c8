# python/pliant/compat/stand_ins/sklearn/__init__.py — the part of scikit-learn that published scripts use
