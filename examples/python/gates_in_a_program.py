# examples/python/gates_in_a_program.py — gates of logic learn through the program that calls them
import torch

import pliant

torch.manual_seed(0)
gates = torch.nn.Sequential(
    pliant.nn.LogicDense(4, 16), pliant.nn.LogicDense(16, 8), pliant.nn.GroupSum(1, tau=8.0)
)
first = pliant.program.Program(
    """
program first_accepted(xs[n, m]) {
  external accepts
  var place = 0
  var open = 1
  for k in 0 .. n {
    if truth(open) and truth(accepts(xs[k, :])) { open = 0 }
    place = place + open
  }
  return place
}""",
    functions={"accepts": lambda x: gates(x).squeeze(-1)},
)
# Known is only at which place the first row stands whose first two bits are both 1.
x = (torch.rand(256, 3, 4) > 0.4).float()
good = (x[:, :, 0] * x[:, :, 1]).cumsum(1) > 0
wanted = (~good).sum(1).float()
optimiser = torch.optim.Adam(gates.parameters(), lr=0.05)
for step in range(151):
    loss = (first(x) - wanted).square().mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    if step % 50 == 0:
        print(f"step {step}: loss {loss.item():.3f}")
gates.eval()  # Boolean from here on
print(f"hard: {(first.hard(x) == wanted).float().mean().item():.2f} of the places are right")
