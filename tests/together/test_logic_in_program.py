# tests/together/test_logic_in_program.py — a network of gates as a function inside a program, soft and hard
import torch

import pliant

SEARCH = """
program first_accepted(xs[n, m]) {
  external accepts
  var place = 0
  var open = 1
  for k in 0 .. n {
    if truth(open) and truth(accepts(xs[k, :])) { open = 0 }
    place = place + open
  }
  return place
}"""


def network(**options):
    torch.manual_seed(0)
    return torch.nn.Sequential(
        pliant.nn.LogicDense(4, 16, **options), pliant.nn.LogicDense(16, 8), pliant.nn.GroupSum(1, tau=8.0)
    )


def search(net):
    return pliant.program.Program(SEARCH, functions={"accepts": lambda x: net(x).squeeze(-1)}, beta=8.0)


def test_gradients_of_a_program_reach_the_gates():
    net = network().double()
    x = torch.rand(5, 3, 4, dtype=torch.float64)
    program = search(net)
    weights = [p for p in net.parameters() if p.requires_grad]
    grads = torch.autograd.grad(program(x).sum(), weights)
    assert all(g.isfinite().all() and g.abs().max() > 0 for g in grads)
    step = 1e-6
    for weight, grad in zip(weights, grads, strict=True):
        direction = torch.randn_like(weight)
        with torch.no_grad():
            weight.add_(step * direction)
            after = program(x).sum()
            weight.sub_(2 * step * direction)
            before = program(x).sum()
            weight.add_(step * direction)
        torch.testing.assert_close(
            (after - before) / (2 * step), (grad * direction).sum(), rtol=1e-4, atol=1e-7
        )


def test_a_hardened_network_inside_a_hard_program_is_the_plain_loop():
    net = network().eval()
    x = (torch.rand(64, 3, 4) > 0.5).float()
    places = search(net).hard(x)
    accepted = net(x.flatten(0, 1)).reshape(64, 3) > 0.5
    plain = [next((k for k in range(3) if row[k]), 3) for row in accepted.tolist()]
    assert places.tolist() == [float(k) for k in plain]


def test_a_program_trains_the_gates_behind_it():
    """The label is at which place the first row stands whose first two bits are both 1."""
    net = network()
    program = search(net)
    optimiser = torch.optim.Adam(net.parameters(), lr=0.05)
    generator = torch.Generator().manual_seed(1)
    x = (torch.rand(256, 3, 4, generator=generator) > 0.4).float()
    wanted = [next((k for k in range(3) if row[k][0] and row[k][1]), 3) for row in x.bool().tolist()]
    wanted = torch.tensor(wanted, dtype=torch.float32)
    first = None
    for _ in range(120):
        optimiser.zero_grad()
        loss = (program(x) - wanted).square().mean()
        first = loss.item() if first is None else first
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.5 * first
