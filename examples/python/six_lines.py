# examples/python/six_lines.py — sort softly, and ask how to mend the order
import torch

import pliant

x = torch.tensor([0.3, -1.2, 0.8], requires_grad=True)
values, permutation = pliant.sort(x, steepness=10.0)
print("relaxed order", values.tolist())
loss = pliant.permutation_loss(x, torch.tensor([2, 3, 1]))
loss.backward()
print("the gradient of its error", x.grad.tolist())
