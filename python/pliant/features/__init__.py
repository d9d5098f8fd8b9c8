# python/pliant/features/__init__.py — features of a frozen ImageNet network, written once
"""`python -m pliant.features --images SET --out FILE` runs a network over images and keeps its features.

From Python: `extract(source, network)` with a source of `pliant.features.sources` and a network of
`pliant.features.networks`, or any other that has their form.
"""

from pliant.features.extract import extract as extract
from pliant.features.networks import Network as Network
from pliant.features.sources import Source as Source
