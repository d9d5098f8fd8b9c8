# tests/logic/conv_reference.py — convolutions of gates and learned wiring, naive, in float64
"""Written from the paper's definition: placements one by one, a tree by recursion; torch's autograd gives the
gradients."""

import numpy as np
import torch


def tree(leaves, coefficients, sigmoid):
    """The root of a tree of gates from its leaves [tensor], with coefficients (4, gates): 1, b, a, a·b."""
    level, gate = leaves, 0
    while len(level) > 1:
        above = []
        for a, b in zip(level[::2], level[1::2], strict=True):
            c = coefficients[:, gate]
            form = c[0] + c[1] * b + c[2] * a + c[3] * a * b
            above.append(form.sigmoid() if sigmoid else form)
            gate += 1
        level = above
    return level[0]


def conv2d(x, taps, coefficients, kernel_size, stride=(1, 1), padding=(0, 0), pool=1, sigmoid=False):
    """(batch, kernels, rows, columns), by loops over all of them."""
    x = torch.nn.functional.pad(x, (padding[1], padding[1], padding[0], padding[0]))
    rows = (x.shape[2] - kernel_size[0]) // stride[0] + 1
    columns = (x.shape[3] - kernel_size[1]) // stride[1] + 1
    kernels, leaves = taps.shape[1:]
    gates = leaves - 1
    y = []
    for k in range(kernels):
        own = coefficients[:, k * gates : (k + 1) * gates]
        for i in range(rows):
            for j in range(columns):
                read = [
                    x[:, c, i * stride[0] + dy, j * stride[1] + dx] for c, dy, dx in taps[:, k].T.tolist()
                ]
                y.append(tree(read, own, sigmoid))
    return or_pool2d(torch.stack(y, 1).reshape(len(x), kernels, rows, columns), pool)


def or_pool2d(x, size):
    """The largest of each pool; by argmax, whose gradient goes to the first of equal ones."""
    rows, columns = x.shape[2] // size, x.shape[3] // size
    pools = x[:, :, : rows * size, : columns * size].unfold(2, size, size).unfold(3, size, size).flatten(-2)
    first = (pools == pools.amax(-1, keepdim=True)).to(torch.uint8).argmax(-1, keepdim=True)
    return pools.gather(-1, first).squeeze(-1)


def boolean_conv2d(bits, taps, tables, kernel_size, padding, pool):
    """The same on numpy arrays of bool with truth tables (4, gates), without any arithmetic."""
    bits = np.pad(bits, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    rows, columns = bits.shape[2] - kernel_size + 1, bits.shape[3] - kernel_size + 1
    kernels, leaves = taps.shape[1:]
    y = np.zeros((len(bits), kernels, rows // pool, columns // pool), bool)
    for k in range(kernels):
        level = [bits[:, c, dy : dy + rows, dx : dx + columns] for c, dy, dx in taps[:, k].T]
        gate = k * (leaves - 1)
        while len(level) > 1:
            above = []
            for a, b in zip(level[::2], level[1::2], strict=True):
                above.append(tables[:, gate][2 * a.astype(int) + b.astype(int)].astype(bool))
                gate += 1
            level = above
        for i in range(rows // pool):
            for j in range(columns // pool):
                cell = level[0][:, i * pool : (i + 1) * pool, j * pool : (j + 1) * pool]
                y[:, k, i, j] = cell.any((1, 2))
    return y


def select(x, candidates, weights):
    """(batch, slots): the weighted sum of each slot's candidates."""
    return torch.stack(
        [(x[:, candidates[:, s].long()] * weights[:, s]).sum(1) for s in range(candidates.shape[1])], 1
    )
