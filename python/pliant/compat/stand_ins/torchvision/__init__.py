# python/pliant/compat/stand_ins/torchvision/__init__.py — the part of torchvision that published scripts use
"""Data sets come from the folder that $PLIANT_DATA names; nothing is downloaded."""

from torchvision import datasets as datasets
from torchvision import transforms as transforms
