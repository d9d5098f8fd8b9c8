# tests/program/shipped_reference.py — the shipped programs as loops over tensors, and as plain Python
"""Relaxed: from the formulas (conditions, blends, softmin), for a batch in float64. Hard: textbook code."""

import heapq

import torch

NEIGHBOURS = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]


def relaxed_bubble_sort(xs, beta, epsilon=1e-5):
    """The while loop as Σ (P_k - P_{k+1}) s_k + P_K s_K, per sample."""
    batch, n = xs.shape
    state = {"ys": xs, "any": xs.new_zeros(batch), "swaps": xs.new_zeros(batch), "dirty": xs.new_ones(batch)}
    wide = {"ys": (batch, 1)}
    out = {name: torch.zeros_like(value) for name, value in state.items()}
    chance, last = xs.new_ones(batch), n - 1
    for _ in range(n + 2):
        goes_on = chance * state["dirty"]
        goes_on = torch.where(goes_on > epsilon, goes_on, 0.0)
        for name, value in state.items():
            out[name] = out[name] + (chance - goes_on).view(wide.get(name, (batch,))) * value
        chance = goes_on
        ys = list(state["ys"].unbind(1))
        any_, swaps, dirty = state["any"], state["swaps"], xs.new_zeros(batch)
        for k in range(max(last, 0)):
            p = torch.sigmoid(beta * (ys[k] - ys[k + 1]))
            ys[k], ys[k + 1] = ys[k] + p * (ys[k + 1] - ys[k]), ys[k + 1] + p * (ys[k] - ys[k + 1])
            dirty, any_, swaps = dirty + p * (1 - dirty), any_ + p * (1 - any_), swaps + p
        last -= 1
        state = {"ys": torch.stack(ys, 1), "any": any_, "swaps": swaps, "dirty": dirty}
    assert not chance.any()
    return out["ys"], out["any"], out["swaps"]


def relaxed_levenshtein(s, t, beta):
    n, m = s.shape[1], t.shape[1]
    d = [[s.new_full(s.shape[:1], i + j) for j in range(m + 1)] for i in range(n + 1)]
    for i in range(n):
        for j in range(m):
            chance = 1 / torch.cosh(beta * (1 - torch.cosine_similarity(s[:, i], t[:, j], -1)))
            ways = torch.stack([d[i][j + 1] + 1, d[i + 1][j] + 1, d[i][j] + 1 - chance], -1)
            d[i + 1][j + 1] = (ways * torch.softmax(-beta * ways, -1)).sum(-1)
    return d[n][m], torch.stack([torch.stack(row, -1) for row in d], 1)


def relaxed_shortest_path(cost, beta, leaky_source=False, while_loop=False, epsilon=1e-5):
    """Every cell on its own, by its list of neighbours: no padding. While is Σ (P_k - P_{k+1}) s_k."""
    batch, n, m = cost.shape
    cells = [(i, j) for i in range(n) for j in range(m)]
    near = {
        (i, j): [(i + a, j + b) for a, b in NEIGHBOURS if 0 <= i + a < n and 0 <= j + b < m] for i, j in cells
    }

    def weights(far, cell):
        return torch.softmax(-beta * torch.stack([far[u] for u in near[cell]], -1), -1)

    far = {cell: cost.new_full((batch,), 1e12) for cell in cells}
    far[0, 0] = cost.new_zeros(batch)
    for _ in range(n + m + 1):
        further = {}
        for cell in cells:
            around = torch.stack([far[u] for u in near[cell]], -1)
            further[cell] = (weights(far, cell) * around).sum(-1) + cost[:, *cell]
        far = further | {(0, 0): cost.new_zeros(batch)}
    sources = cells if leaky_source else cells[1:]
    chosen = {cell: weights(far, cell) for cell in sources}
    here = {cell: cost.new_zeros(batch) for cell in cells} | {cells[-1]: cost.new_ones(batch)}
    path = {cell: cost.new_zeros(batch) for cell in cells}
    total = {cell: cost.new_zeros(batch) for cell in cells}
    chance = cost.new_ones(batch)
    for _ in range((n + m + 1) * (1 + while_loop)):
        goes_on = chance * torch.sigmoid(beta * (1 - path[0, 0])) if while_loop else chance
        goes_on = torch.where(goes_on > epsilon, goes_on, 0.0)
        total = {cell: total[cell] + (chance - goes_on) * path[cell] for cell in cells}
        chance = goes_on
        path = {cell: 1 - (1 - path[cell]) * (1 - here[cell]) for cell in cells}
        before = here
        here = {cell: cost.new_zeros(batch) for cell in cells}
        for cell in sources:
            for k, u in enumerate(near[cell]):
                here[u] = here[u] + before[cell] * chosen[cell][:, k]
    path = {cell: total[cell] + chance * path[cell] for cell in cells}
    return torch.stack([path[cell] for cell in cells], 1).view(batch, n, m), far[cells[-1]]


def plain_bubble_sort(xs):
    ys, swaps, dirty, last = list(xs), 0, True, len(xs) - 1
    while dirty:
        dirty = False
        for k in range(last):
            if ys[k + 1] < ys[k]:
                ys[k], ys[k + 1] = ys[k + 1], ys[k]
                dirty, swaps = True, swaps + 1
        last -= 1
    return ys, float(swaps > 0), float(swaps)


def plain_levenshtein(s, t):
    d = [[float(i + j) for j in range(len(t) + 1)] for i in range(len(s) + 1)]
    for i, a in enumerate(s):
        for j, b in enumerate(t):
            d[i + 1][j + 1] = min(d[i][j + 1] + 1, d[i + 1][j] + 1, d[i][j] + (a != b))
    return d


def dijkstra(cost):
    """The cells of the cheapest path from corner to corner, and its cost without the first cell."""
    n, m = len(cost), len(cost[0])
    best, before, waiting = {(0, 0): 0.0}, {}, [(0.0, (0, 0))]
    while waiting:
        so_far, (i, j) = heapq.heappop(waiting)
        if so_far > best[i, j]:
            continue
        for a, b in NEIGHBOURS:
            u = (i + a, j + b)
            if not (0 <= u[0] < n and 0 <= u[1] < m):
                continue
            further = so_far + cost[u[0]][u[1]]
            if further < best.get(u, float("inf")):
                best[u], before[u] = further, (i, j)
                heapq.heappush(waiting, (further, u))
    cell, path = (n - 1, m - 1), torch.zeros(n, m, dtype=torch.float64)
    while cell != (0, 0):
        path[cell] = 1
        cell = before[cell]
    path[0, 0] = 1
    return path, best[n - 1, m - 1]
