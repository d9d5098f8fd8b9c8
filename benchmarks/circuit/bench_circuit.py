# benchmarks/circuit/bench_circuit.py — a trained network as a circuit, beside the compilers of its peers
"""`bench_circuit.py [--quick]`: writes benchmarks/results/circuit.json.

The network is examples/networks/mnist_small.safetensors: 6 layers of 8,000 gates on the 400 pixels of MNIST's
20 × 20 crop. Everything on one core, from bytes to labels; images are MNIST's test set where PLIANT_DATA
has it, else noise with a black border. The peers compile the same gates with gcc -O3 into code for 64 images
at a time, and start from bools. Each compiles for minutes, once: its code and the seconds are kept in
build/peers. --quick leaves the peers out.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pairs
from pliant._network import Network
from pliant.report.safetensors import read_safetensors

from pliant.circuit import Circuit
from pliant.data import load_image_set

NETWORK = pairs.ROOT / "examples" / "networks" / "mnist_small.safetensors"
INPUTS, WIDTH, LAYERS, CLASSES, SIDE, CROP = 400, 8000, 6, 10, 28, 20
LARGE_WIDTH = 64_000
IMAGES = 1 << 14
THREADS = 2


def images() -> tuple[np.ndarray, np.ndarray, str]:
    """Pictures (IMAGES, 28, 28) as bytes, their crops (IMAGES, 20, 20), and what they are."""

    def test_set(name: str) -> np.ndarray:
        pictures = load_image_set(name, "test").images.numpy()
        return np.resize(pictures, (IMAGES, *pictures.shape[1:]))

    if os.environ.get("PLIANT_DATA"):
        return test_set("mnist"), test_set("mnist20x20"), "MNIST's test set"
    crops = np.random.default_rng(1).integers(1, 256, (IMAGES, CROP, CROP), np.uint8)
    border = (SIDE - CROP) // 2
    return np.pad(crops, ((0, 0), (border, border), (border, border))), crops, "noise"


def layers() -> list[tuple[np.ndarray, np.ndarray]]:
    """The wiring (2, WIDTH) and the gates (WIDTH) of each layer."""
    tensors, _ = read_safetensors(NETWORK)
    cuts = [slice(i * WIDTH, (i + 1) * WIDTH) for i in range(LAYERS)]
    return [(tensors["wiring"][:, cut], tensors["tables"][cut]) for cut in cuts]


def described(side: int, gates: list[tuple[np.ndarray, np.ndarray]]) -> bytes:
    """A network of these layers (wiring, gates) over pictures, as the bytes of a file."""
    network = Network([1, side, side])
    network.add("round")
    wiring, tables = (np.concatenate(parts, axis=-1) for parts in zip(*gates, strict=True))
    network.add("logic", tables=tables, wiring=wiring, widths=[len(layer) for _, layer in gates])
    network.add("group_sum", k=CLASSES)
    return network.file()


def difflogic(library: Path) -> Callable[[np.ndarray], np.ndarray]:
    """The published package's compiler."""
    from difflogic import CompiledLogicNet, GroupSum, LogicLayer

    if not library.is_file():
        size = INPUTS
        modules: list[torch.nn.Module] = []
        for wiring, gates in layers():
            layer = LogicLayer(size, WIDTH, device="cpu", implementation="python")
            layer.indices = tuple(torch.from_numpy(row.astype(np.int64)) for row in wiring)
            layer.weights.data = one_hot(gates)
            modules.append(layer)
            size = WIDTH
        model = torch.nn.Sequential(*modules, GroupSum(CLASSES, tau=10, device="cpu"))
        net = CompiledLogicNet(model, num_bits=64, cpu_compiler="gcc", verbose=False)
        net.compile(opt_level=3, save_lib_path=library)
    net = CompiledLogicNet.load(str(library), CLASSES, 64)
    return lambda bools: net(torch.from_numpy(bools)).numpy()


def torchlogix(library: Path) -> Callable[[np.ndarray], np.ndarray]:
    """A later package's compiler."""
    from torchlogix import CompiledLogicNet
    from torchlogix.layers import GroupSum, LogicDense

    size = INPUTS
    modules: list[torch.nn.Module] = []
    for wiring, gates in layers():
        layer = LogicDense(size, WIDTH, parametrization="raw")
        layer.connections.indices = torch.from_numpy(wiring.astype(np.int64))
        layer.weight.data = one_hot(gates)
        modules.append(layer)
        size = WIDTH
    model = torch.nn.Sequential(*modules, GroupSum(CLASSES, tau=10))
    net = CompiledLogicNet(model, input_shape=(INPUTS,), num_bits=64, cpu_compiler="gcc")
    if not library.is_file():
        net.compile(opt_level=3, save_lib_path=library)
    net._setup_library_function(ctypes.cdll.LoadLibrary(str(library)))  # its own load() raises TypeError
    return lambda bools: np.asarray(net(bools))


def one_hot(gates: np.ndarray) -> torch.Tensor:
    """Logits of the 16 gates, of which one is 1."""
    return torch.nn.functional.one_hot(torch.from_numpy(gates.astype(np.int64)), 16).float()


def compiled(name: str, make: Callable[[Path], Callable]) -> tuple[Callable, float]:
    """A peer's compiled network, and the seconds that its compiler took, now or the last time."""
    digest = zlib.crc32(NETWORK.read_bytes())
    library = pairs.PEERS / f"{name}-{pairs.peer_version(name)}-{digest:08x}.so"
    note = library.with_suffix(".json")
    if not note.is_file():
        library.unlink(missing_ok=True)
        start = time.perf_counter()
        make(library)
        note.write_text(json.dumps(time.perf_counter() - start))
    return make(library), json.loads(note.read_text())


def large() -> bytes:
    """6 × 64,000 gates on 784 pixels as a described network: wired and drawn at random, gates as often as in
    the trained one. (Trained ones simplify further.)
    """
    draw = np.random.default_rng(1)
    often = np.bincount(np.concatenate([gates for _, gates in layers()]), minlength=16)

    def layer(size: int) -> tuple[np.ndarray, np.ndarray]:
        wiring = draw.integers(0, size, (2, LARGE_WIDTH), np.int32)
        return wiring, draw.choice(16, LARGE_WIDTH, p=often / often.sum()).astype(np.uint8)

    return described(SIDE, [layer(size) for size in (SIDE * SIDE, *[LARGE_WIDTH] * (LAYERS - 1))])


def program(circuit: Circuit, *arguments: str) -> dict:
    """The figures of `pliant circuit bench`."""
    from pliant._program import program as path

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "net.plc"
        circuit.save(file)
        command = [path(), "circuit", "bench", file, "--json", *arguments]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def bounds(circuit: Circuit) -> dict:
    """Images a second if nothing took time but the functions, or the rows' way from a level of the cache."""
    bench = pairs.ROOT / "build" / "bin" / "bench_rows"
    rates = json.loads(subprocess.run([bench], check=True, capture_output=True, text=True).stdout)
    info = circuit.info()
    functions = info["nodes"] + 2 * info["output_bits"]  # a full adder is two functions and takes two rows
    rows = sum(k * count for k, count in enumerate(info["fan_in"])) + info["output_bits"]
    per_second = {"functions": functions, "loads_l1": rows, "loads_l2": rows}
    return {name: 512 * 1e6 * rates[name] / count for name, count in per_second.items()}


def first_result(content: bytes, pictures: np.ndarray) -> dict:
    """Seconds from a checkpoint in memory to the label of the first picture, and the circuit."""
    start = time.perf_counter()
    raw = Circuit.from_network(content)
    described = time.perf_counter()
    circuit = raw.simplify()
    simplified = time.perf_counter()
    circuit.classify(pictures[:1])
    end = time.perf_counter()
    return {
        "circuit": circuit,
        "gates": raw.nodes,
        "nodes": circuit.nodes,
        "seconds": end - start,
        "read": described - start,
        "simplify": simplified - described,
    }


def alone(name: str, first: dict, pictures: np.ndarray) -> dict:
    """What a circuit does on this machine, without a peer."""
    circuit = first.pop("circuit")
    figures = program(circuit, "--threads", str(THREADS), "--batch", str(len(pictures)))
    row = {"name": name, **first, "per_second": figures["examples_per_second"], "one": figures["one_example"]}
    return {**row, "bounds": bounds(circuit)}


def beside(name: str, circuit: Circuit, x: np.ndarray, peer: str, net: Callable, bools: np.ndarray) -> dict:
    """The circuit and a peer's compiled code in turn."""
    times = pairs.alternate(lambda: circuit.classify(x, threads=1), lambda: net(bools))
    return {"name": name, "peer": peer, "version": pairs.peer_version(peer), "images": len(x), **times}


def main() -> None:
    """Measures and prints."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="without the peers")
    quick = options.parse_args().quick
    torch.set_num_threads(1)
    pictures, crops, what = images()
    content = NETWORK.read_bytes()
    rows = [
        alone("48,000 gates, from 784 bytes", first_result(content, pictures), pictures),
        alone("384,000 gates, from 784 bytes", first_result(large(), pictures), pictures),
    ]
    for row in rows:
        print(json.dumps(row), flush=True)
    whole = Circuit.from_network(content).simplify()
    of_crops = Circuit.from_network(described(CROP, layers())).simplify()
    small = crops.reshape(IMAGES, -1)
    scores = whole.run(pictures)
    if not (of_crops.run(small) == scores).all():
        raise AssertionError("the circuit's own crop and the data set's differ")
    pairings = []
    for peer, make in {} if quick else {"difflogic": difflogic, "torchlogix": torchlogix}.items():
        net, seconds = compiled(peer, make)
        if not np.allclose(net(small > 127) * (1 if peer == "difflogic" else 10), scores):
            raise AssertionError(f"{peer} computes other scores")
        for name, circuit, x in (("400 bytes", of_crops, small), ("784 bytes", whole, pictures)):
            row = beside(f"from {name}", circuit, x, peer, net, small > 127)
            pairings.append({**row, "compile_seconds": seconds})
            print(json.dumps(pairings[-1]), flush=True)
    pairs.write("circuit", rows, beside=pairings, images=what)


if __name__ == "__main__":
    main()
