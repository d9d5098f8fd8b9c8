# tests/optim/test_isaac_processes.py — ISAAC over processes of torch.distributed, gloo on this machine
import time

import pytest
import torch
import torch.nn.functional as F

from pliant.optim import Foof, GlobalIsaac, Isaac

ROWS = 24


def network(convolutions=False):
    torch.manual_seed(3)
    layers = [torch.nn.Linear(9, 30), torch.nn.Tanh(), torch.nn.Linear(30, 4)]
    if convolutions:
        first = torch.nn.Conv2d(2, 6, 2, padding=1, groups=2)
        few_places = torch.nn.Conv2d(6, 5, 3, stride=2)
        layers = [first, torch.nn.Tanh(), few_places, torch.nn.Flatten(), torch.nn.Linear(5, 4)]
    return torch.nn.Sequential(*layers).double()


def data(convolutions=False):
    torch.manual_seed(4)
    size = (2, 3, 3) if convolutions else (9,)
    return torch.randn(ROWS, *size, dtype=torch.float64), torch.arange(ROWS) % 4


def whole(damping, condition=Isaac, convolutions=False, **options):
    """The gradients of one process with the whole batch."""
    model = network(convolutions)
    conditioner = condition(model, damping, **options)
    x, y = data(convolutions)
    F.cross_entropy(model(x), y).backward()
    conditioner.step()
    return [parameter.grad for parameter in model.parameters()]


def work(rank, world, folder):
    """One process: every way on its share of the batch; rank 0 writes what came out."""
    torch.set_num_threads(1)
    store = torch.distributed.FileStore(f"{folder}/meet", world)
    torch.distributed.init_process_group("gloo", store=store, rank=rank, world_size=world)
    x, y = (each.chunk(world)[rank] for each in data())
    found = {}
    for name in ("local", "primal", "dual", "foof"):
        model = network()
        conditioner = None
        if name == "local":
            conditioner = Isaac(model, 0.3)
        elif name == "foof":
            conditioner = Foof(model, 0.3, average=0.5, processes=True)
        parallel = torch.nn.parallel.DistributedDataParallel(model)
        conditioner = conditioner or GlobalIsaac(parallel, 0.3, method=name)
        F.cross_entropy(parallel(x), y).backward()
        conditioner.step()
        found[name] = [parameter.grad.clone() for parameter in model.parameters()]
    for rows in ("expand", "reduce"):
        for name in ("primal", "dual"):
            model = network(convolutions=True)
            x, y = (each.chunk(world)[rank] for each in data(convolutions=True))
            parallel = torch.nn.parallel.DistributedDataParallel(model)
            conditioner = GlobalIsaac(parallel, 0.3, method=name, rows=rows)
            F.cross_entropy(parallel(x), y).backward()
            conditioner.step()
            found[name, rows] = [parameter.grad.clone() for parameter in model.parameters()]
    if rank == 0:
        torch.save(found, f"{folder}/found.pt")
    # Nobody closes a connection that another may still read from.
    store.add("done", 1)
    while store.add("done", 0) < world:
        time.sleep(0.01)
    torch.distributed.destroy_process_group()


@pytest.mark.parametrize("world", [2, 4])
def test_shares_of_the_batch(tmp_path, world):
    torch.multiprocessing.spawn(work, (world, str(tmp_path)), nprocs=world)
    found = torch.load(tmp_path / "found.pt")
    for name in ("primal", "dual", "foof"):  # the mean of a first step is the step's own
        for a, b in zip(found[name], whole(0.3), strict=True):
            torch.testing.assert_close(a, b)
    for rows in ("expand", "reduce"):
        expected = whole(0.3, convolutions=True, rows=rows)
        for name in ("primal", "dual"):
            for a, b in zip(found[name, rows], expected, strict=True):
                torch.testing.assert_close(a, b)
    shares = []
    for x, y in zip(*(each.chunk(world) for each in data()), strict=True):
        model = network()
        Isaac(model, 0.3)
        F.cross_entropy(model(x), y).backward()
        shares.append([parameter.grad for parameter in model.parameters()])
    for i, grad in enumerate(found["local"]):
        torch.testing.assert_close(grad, sum(share[i] for share in shares) / world)
    assert not torch.allclose(found["local"][0], found["primal"][0], rtol=1e-3)


def test_without_processes_it_says_so():
    with pytest.raises(RuntimeError, match="GlobalIsaac: torch.distributed is not initialised"):
        GlobalIsaac(network())
    for wrong, message in (
        ({"damping": -1.0}, "GlobalIsaac: damping must be > 0, got -1.0"),
        ({"damping": float("inf")}, "GlobalIsaac: damping must be finite, got inf"),
        ({"rows": "mean"}, "GlobalIsaac: rows must be one of expand, reduce, got 'mean'"),
        ({"method": "both"}, "GlobalIsaac: method must be one of primal, dual, got 'both'"),
    ):
        with pytest.raises(ValueError, match=message):
            GlobalIsaac(network(), **wrong)
