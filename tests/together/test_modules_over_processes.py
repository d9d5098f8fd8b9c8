# tests/together/test_modules_over_processes.py — every module of pliant.nn in DistributedDataParallel
import inspect
import time

import pytest
import torch

import pliant
from pliant import nn

ROWS = 8
CLASSES = 6


class Scored(torch.nn.Module):
    """A linear layer and what stands behind it, so that there is something to learn."""

    def __init__(self, module, **given):
        super().__init__()
        self.linear, self.module, self.given = torch.nn.Linear(CLASSES, CLASSES), module, given

    def forward(self, x):
        return self.module(self.linear(x), **self.given)


class Bits(torch.nn.Module):
    """What reads numbers in [0, 1]."""

    def __init__(self, *modules):
        super().__init__()
        self.modules_in_order = torch.nn.Sequential(*modules)

    def forward(self, x):
        return self.modules_in_order(x.sigmoid())


class Picture(Bits):
    """The same of pictures 1 × 2 × 3."""

    def forward(self, x):
        return self.modules_in_order(x.sigmoid().reshape(-1, 1, 2, 3))


class Applied(Scored):
    """Sorts its input by scores."""

    def forward(self, x):
        return self.module(self.linear(x), x.unsqueeze(-1))


class Ordered(Scored):
    """The loss against the order of the inputs."""

    def forward(self, x):
        return self.module(self.linear(x), x)


class Labelled(Scored):
    """The loss against the largest input as the class."""

    def forward(self, x):
        return self.module(self.linear(x), x.argmax(1))


LEARNS = {"learn_steepness": True}
MODULES = {
    "Sort": lambda: Scored(nn.Sort(**LEARNS)),
    "SoftRank": lambda: Scored(nn.SoftRank(**LEARNS)),
    "ApplySort": lambda: Applied(nn.ApplySort(**LEARNS)),
    "PermutationLoss": lambda: Ordered(nn.PermutationLoss(**LEARNS)),
    "TopKCrossEntropy": lambda: Labelled(nn.TopKCrossEntropy(learn_p_k=True, **LEARNS)),
    "LogicDense": lambda: Bits(nn.LogicDense(CLASSES, 12)),
    "LogicConv2d": lambda: Picture(nn.LogicConv2d(1, 4, 2, depth=2, channels_per_kernel=1)),
    "OrPool2d": lambda: Picture(
        nn.LogicConv2d(1, 4, 1, depth=1, channels_per_kernel=1, padding=1), nn.OrPool2d()
    ),
    "LearnedWiring": lambda: Bits(nn.LearnedWiring(CLASSES, 8, 3)),
    "LogicNetwork": lambda: Bits(nn.LogicNetwork(CLASSES, [12, 12], groups=3)),
    "GroupSum": lambda: Bits(nn.LogicDense(CLASSES, 12), nn.GroupSum(3, tau=2.0)),
    "Thermometer": lambda: torch.nn.Sequential(nn.Thermometer([-0.5, 0.0, 0.5], learnable=True)),
}
# Their gradients are conditioned by each process's own batch; GlobalIsaac is what is the same for any number.
LOCAL = {"IsaacLinear", "IsaacConv2d"}


def model_of(name):
    torch.manual_seed(3)
    return MODULES[name]().double()


def inputs():
    torch.manual_seed(4)
    return torch.randn(ROWS, CLASSES, dtype=torch.float64)


def gradients(model, x):
    """Of a mean over the batch."""
    out = model(x)
    out = out[0] if isinstance(out, tuple) else out
    loss = out if out.dim() == 0 else out.square().mean()
    loss.backward()
    return [parameter.grad.clone() for parameter in model.parameters()]


def work(rank, world, folder):
    """One process: each module on its share of the batch; rank 0 writes the gradients."""
    torch.set_num_threads(1)
    store = torch.distributed.FileStore(f"{folder}/meet", world)
    torch.distributed.init_process_group("gloo", store=store, rank=rank, world_size=world)
    found = {}
    for name in MODULES:
        parallel = torch.nn.parallel.DistributedDataParallel(model_of(name))
        found[name] = gradients(parallel, inputs().chunk(world)[rank])
    if rank == 0:
        torch.save(found, f"{folder}/found.pt")
    # Nobody closes a connection that another may still read from.
    store.add("done", 1)
    while store.add("done", 0) < world:
        time.sleep(0.01)
    torch.distributed.destroy_process_group()


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The gradients by module."""
    folder = tmp_path_factory.mktemp("processes")
    torch.multiprocessing.spawn(work, (2, str(folder)), nprocs=2)
    return torch.load(folder / "found.pt")


def test_every_module_is_here():
    classes = {name for name, value in vars(nn).items() if inspect.isclass(value)}
    modules = {name for name in classes if issubclass(getattr(nn, name), torch.nn.Module)}
    assert {name for name in modules if not name.startswith("_")} == set(MODULES) | LOCAL
    assert pliant.nn is nn


@pytest.mark.parametrize("name", MODULES)
def test_shares_of_the_batch_have_the_gradient_of_the_whole(found, name):
    whole = gradients(model_of(name), inputs())
    for ours, expected in zip(found[name], whole, strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-9, atol=1e-12)
