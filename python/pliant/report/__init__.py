# python/pliant/report/__init__.py — one HTML file that shows a training run, or compares several
"""`python -m pliant.report RUN… [-o FILE]`; from Python: `pliant.report.report.write_report`.

The file has its pictures inside and opens offline. What every task has (curves, summary, options) is in this
folder; what only one task can show is in `tasks/<task>.py`. Needs numpy and matplotlib, no torch.
"""
