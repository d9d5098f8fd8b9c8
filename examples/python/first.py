# examples/python/first.py — sort softly, then learn to score items from nothing but their order
import torch

import pliant

x = torch.tensor([0.3, -1.2, 0.8, 0.1, -0.4], requires_grad=True)
values, permutation = pliant.sort(x, method="odd_even", distribution="cauchy", steepness=10.0)
print("relaxed order", values.tolist())  # values == x @ permutation, each with a gradient

torch.manual_seed(0)
truth = torch.tensor([2.0, -1.0, 0.5])  # what decides the order; the model never sees it
model = torch.nn.Linear(3, 1, bias=False)
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
for _ in range(200):
    items = torch.randn(32, 5, 3)  # 32 sets of 5 items
    loss = pliant.permutation_loss(model(items).squeeze(-1), items @ truth, steepness=10.0)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

items = torch.randn(1000, 5, 3)
metrics = pliant.ranking_metrics(model(items).squeeze(-1), items @ truth)
print(f"sets in perfect order: {metrics.exact:.1%}")
