# examples/python/costs_from_paths.py — learn what cells cost from nothing but cheapest paths over them
import torch

import pliant

torch.manual_seed(0)
price = torch.tensor([1.0, 3.0, 9.0])  # of three kinds of cells; the model never sees it
program = pliant.program.load("shortest_path", beta=25.0)
solver = pliant.shortest_path  # exact: Dijkstra's algorithm


def maps(count):
    """Kinds of cells, one-hot, and the cheapest path across each map."""
    kinds = torch.randint(3, (count, 6, 6))
    paths = solver(price[kinds] + 0.01 * torch.rand(kinds.shape))
    return torch.nn.functional.one_hot(kinds, 3).float(), paths


def learn(path_of):
    """Costs of the three kinds, by a way from costs to paths that has a gradient."""
    logits = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=0.05)
    for _ in range(150):
        cells, truth = maps(32)
        loss = (path_of(cells @ logits.exp()) - truth).abs().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return [round(value, 1) for value in (logits - logits[0]).exp().tolist()]


print("through the relaxed program", learn(lambda costs: program(costs)[0]))
print("around the exact solver    ", learn(lambda costs: pliant.blackbox(solver, costs, least=0.0)))
