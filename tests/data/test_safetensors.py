# tests/data/test_safetensors.py — our safetensors files against Python made from the format's rules
"""The C++ program safetensors_copy reads a file and writes it again.

What goes in and comes out is made and read here with struct and json alone. The rules are those of
https://github.com/huggingface/safetensors, "Format".
"""

import json
import os
import pathlib
import random
import struct
import subprocess

import pytest

ITEM_BYTES = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "U8": 1, "BOOL": 1}
ROOT = pathlib.Path(__file__).resolve().parents[2]
COPY = ROOT / os.environ.get("PLIANT_BUILD", "build") / "bin" / "safetensors_copy"

pytestmark = pytest.mark.skipif(not COPY.exists(), reason=f"{COPY} is not built")


def count(shape):
    product = 1
    for size in shape:
        product *= size
    return product


def write(path, tensors, metadata=None, order=None, padding=""):
    """tensors: name → (dtype, shape, bytes); `order`: names in the order of their data."""
    header = {} if metadata is None else {"__metadata__": metadata}
    data = b""
    for name in order or tensors:
        dtype, shape, content = tensors[name]
        offsets = [len(data), len(data) + len(content)]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
        data += content
    text = (json.dumps(header) + padding).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def read(path):
    """Strict: header aligned, tensors without gaps in the order of the header, each aligned to its type."""
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    assert length % 8 == 0, "the data starts at a multiple of 8"
    text, data = raw[8 : 8 + length], raw[8 + length :]
    assert text.startswith(b"{"), "the format wants the header to begin with {"
    header = json.loads(text)
    metadata = header.pop("__metadata__", {})
    assert all(isinstance(value, str) for value in metadata.values())
    end_of_last = 0
    tensors = {}
    for name, entry in header.items():
        assert set(entry) == {"dtype", "shape", "data_offsets"}
        begin, end = entry["data_offsets"]
        item = ITEM_BYTES[entry["dtype"]]
        assert begin == end_of_last and end - begin == item * count(entry["shape"])
        assert begin % item == 0, "aligned to its type"
        tensors[name] = (entry["dtype"], entry["shape"], data[begin:end])
        end_of_last = end
    assert end_of_last == len(data)
    return tensors, metadata


def copy(source, target):
    return subprocess.run([COPY, source, target], check=False, capture_output=True, text=True)


def make_tensors(rng):
    tensors = {}
    for i in range(rng.randrange(8)):
        dtype = rng.choice(list(ITEM_BYTES))
        shape = [rng.randrange(4) for _ in range(rng.randrange(4))]
        content = rng.randbytes(ITEM_BYTES[dtype] * count(shape))
        tensors[rng.choice(["model/w", "b", "ü", 'q"\\', "optimizer/1"]) + str(i)] = (
            dtype,
            shape,
            content,
        )
    return tensors


@pytest.mark.parametrize("seed", range(25))
def test_what_python_writes_comes_back_in_order_and_aligned(tmp_path, seed):
    rng = random.Random(seed)
    tensors = make_tensors(rng)
    metadata = {"step": "7", "config": 'lr = "ü"\n'} if seed % 2 else {}
    order = rng.sample(list(tensors), len(tensors))
    write(tmp_path / "in", tensors, metadata or None, order, " " * rng.randrange(9))
    done = copy(tmp_path / "in", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    read_tensors, read_metadata = read(tmp_path / "out")
    assert read_tensors == tensors
    assert read_metadata == metadata
    items = [ITEM_BYTES[dtype] for dtype, _, _ in read_tensors.values()]
    assert items == sorted(items, reverse=True)
    names = [(-ITEM_BYTES[tensor[0]], name.encode()) for name, tensor in read_tensors.items()]
    assert names == sorted(names)


def test_a_damaged_file_leaves_the_target_as_it_was(tmp_path):
    write(tmp_path / "in", {"w": ("F32", [2], bytes(8))})
    whole = (tmp_path / "in").read_bytes()
    (tmp_path / "in").write_bytes(whole[:-1])
    (tmp_path / "out").write_bytes(b"old")
    done = copy(tmp_path / "in", tmp_path / "out")
    assert done.returncode == 2
    assert str(tmp_path / "in") in done.stderr
    assert "do not lie in the 7 bytes of data" in done.stderr
    assert (tmp_path / "out").read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in", "out"]
