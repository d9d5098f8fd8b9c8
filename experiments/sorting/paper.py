# experiments/sorting/paper.py — the figures of the papers that our tables stand beside
"""Petersen et al., Monotonic Differentiable Sorting Networks, ICLR 2022, table 3: EM and EW in %, mean of 5
runs, odd-even networks, four-digit MNIST, 100,000 steps of 100 sets. UNVERIFIED: written down from memory,
the paper was not at hand; every table that shows them says so.
"""

EM_EW: dict[str, dict[int, tuple[float, float]]] = {
    "logistic": {3: (92.0, 94.5), 5: (77.2, 89.8), 7: (54.8, 83.6), 9: (37.2, 79.4), 15: (4.7, 62.3)},
    "logistic + ART": {3: (94.3, 96.1), 5: (83.4, 92.6), 7: (71.6, 90.0), 9: (56.3, 86.7), 15: (23.5, 79.4)},
    "reciprocal": {3: (94.4, 96.1), 5: (85.0, 93.3), 7: (73.4, 90.7), 9: (60.8, 88.1), 15: (30.2, 81.9)},
    "cauchy": {3: (94.2, 96.0), 5: (84.9, 93.2), 7: (73.3, 90.5), 9: (63.8, 89.1), 15: (31.1, 82.2)},
    "optimal": {3: (94.6, 96.3), 5: (85.0, 93.3), 7: (73.6, 90.7), 9: (62.2, 88.5), 15: (31.8, 82.3)},
}
