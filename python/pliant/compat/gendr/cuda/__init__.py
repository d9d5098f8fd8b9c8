# python/pliant/compat/gendr/cuda/__init__.py — what gendr has compiled
from pliant.compat.gendr.cuda import generalized_renderer as generalized_renderer
