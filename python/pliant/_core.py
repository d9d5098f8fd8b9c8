# python/pliant/_core.py — the C interface of circuits (pliant/circuit/pliant_circuit.h), by ctypes (no torch)
"""Importing this module loads libpliant.so; `call` calls a function of it and raises what it reports."""

from __future__ import annotations

import ctypes
import os
from ctypes import POINTER, c_char_p, c_double, c_int, c_size_t, c_uint, c_uint32, c_void_p

from pliant._program import CORE, library_folder

_ABI = 3  # of the functions that are declared here
_INVALID, _SYSTEM, _MEMORY = 1, 2, 3
_HANDLE = c_void_p  # of a circuit or a builder


class Info(ctypes.Structure):
    """pliant_circuit_info."""

    _fields_ = (
        *((name, c_size_t) for name in ("size", "inputs", "features", "width", "scores", "classes")),
        *((name, c_size_t) for name in ("stages", "nodes")),
        ("fan_in", c_size_t * 7),
        *((name, c_size_t) for name in ("depth", "output_bits", "live_inputs", "byte_maximum")),
        *((name, c_size_t) for name in ("channels", "height", "picture_width")),
        *((name, c_size_t) for name in ("crop_height", "crop_width", "crop_side")),
        ("tau", c_double),
    )


class StageInfo(ctypes.Structure):
    """pliant_circuit_stage_info."""

    _fields_ = tuple(
        (name, c_size_t) for name in ("size", "inputs", "nodes", "sources", "outputs", "placements")
    )


class ExportOptions(ctypes.Structure):
    """pliant_circuit_export_options."""

    _fields_ = (
        ("size", c_size_t),
        ("name", c_char_p),
        ("lanes", c_size_t),
        ("nodes_per_function", c_size_t),
        ("pipelined", c_int),
        ("pipeline_depth", c_size_t),
        ("sum_depth", c_size_t),
        ("stream_bits", c_size_t),
        ("input", c_char_p),
    )


# Flags of pliant_circuit_simplify.
PASSES = {
    "constants": 1,
    "inverters": 2,
    "hashing": 4,
    "biases": 8,
    "dead": 16,
    "equal_bits": 32,
    "implications": 64,
    "windows": 128,
    "sweep": 256,
    "shallow": 512,
}
DEFAULT_PASSES = 31  # PLIANT_DEFAULT_PASSES

_RUN = (_HANDLE, c_int, c_void_p, c_size_t, c_size_t, c_uint, c_void_p)
_FUNCTIONS: dict[str, tuple[object, ...]] = {
    "load": (c_char_p, POINTER(_HANDLE)),
    "parse": (c_char_p, c_size_t, c_char_p, POINTER(_HANDLE)),
    "from_network": (c_char_p, c_size_t, c_char_p, POINTER(_HANDLE)),
    "sorting": (c_char_p, c_uint, c_uint, c_uint, c_uint, POINTER(_HANDLE)),
    "save": (_HANDLE, c_char_p),
    "bytes": (_HANDLE, POINTER(c_void_p), POINTER(c_size_t)),
    "run": _RUN,
    "run_packed": _RUN,
    "classify": _RUN,
    "prepare": (_HANDLE,),
    "describe": (_HANDLE, POINTER(Info)),
    "class_name": (_HANDLE, c_size_t, POINTER(c_void_p)),
    "input_name": (_HANDLE, c_size_t, POINTER(c_void_p)),
    "describe_stage": (_HANDLE, c_size_t, POINTER(StageInfo)),
    "copy_stage": (_HANDLE, c_size_t, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p),
    "copy_encoder": (_HANDLE, c_void_p, c_void_p),
    "copy_sums": (_HANDLE, c_void_p, c_void_p),
    "feature_name": (_HANDLE, c_size_t, POINTER(c_void_p)),
    "builder_new": (POINTER(_HANDLE),),
    "builder_encoder": (_HANDLE, c_uint32, c_uint32, c_void_p, c_void_p, c_uint32),
    "builder_picture": (_HANDLE, c_uint32, c_uint32, c_uint32),
    "builder_crop": (_HANDLE, c_uint32, c_uint32, c_uint32),
    "builder_feature_names": (_HANDLE, c_size_t, POINTER(c_char_p)),
    "builder_stage": (
        *(_HANDLE, c_uint32, c_size_t, c_void_p, c_void_p, c_void_p, c_size_t, c_void_p),
        *(c_uint32, c_void_p),
    ),
    "builder_sums": (_HANDLE, c_size_t, c_void_p, c_void_p, POINTER(c_char_p), c_double),
    "build": (_HANDLE, POINTER(_HANDLE)),
    "simplify": (_HANDLE, c_uint, c_uint, c_uint, POINTER(_HANDLE), POINTER(c_void_p)),
    "export": (_HANDLE, c_char_p, POINTER(ExportOptions), POINTER(c_void_p), POINTER(c_size_t)),
}


def _load() -> ctypes.CDLL:
    path = library_folder(CORE) / CORE
    try:
        library = ctypes.CDLL(str(path))
        library.pliant_circuit_abi.restype = c_uint
    except (OSError, AttributeError) as error:
        raise ImportError(f"{path} does not load, or has no circuits: build it again: {error}") from error
    abi = library.pliant_circuit_abi()
    if abi < _ABI:
        raise ImportError(f"{path} is older than this package (interface {abi}, not {_ABI}): build it again")
    for name, arguments in _FUNCTIONS.items():
        function = getattr(library, f"pliant_circuit_{name}")
        function.argtypes, function.restype = arguments, c_int
    library.pliant_circuit_error.restype = c_char_p
    for name in ("free", "free_memory", "builder_free"):
        function = getattr(library, f"pliant_circuit_{name}")
        function.argtypes, function.restype = (c_void_p,), None
    return library


library = _load()


def call(function: str, *arguments: object) -> None:
    """Calls pliant_circuit_<function>.

    Raises:
        ValueError, OSError, MemoryError, RuntimeError: with the library's text, by its status
    """
    status = getattr(library, f"pliant_circuit_{function}")(*arguments)
    if status == 0:
        return
    text = library.pliant_circuit_error().decode(errors="replace")
    if status == _INVALID:
        raise ValueError(text)
    if status == _SYSTEM:
        raise OSError(library.pliant_circuit_error_number(), text)
    raise MemoryError(text) if status == _MEMORY else RuntimeError(text)


def taken_bytes(memory: c_void_p, size: int) -> bytes:
    """The bytes of memory that the library has made, which is given back."""
    try:
        return ctypes.string_at(memory, size)
    finally:
        library.pliant_circuit_free_memory(memory)


def taken_text(memory: c_void_p) -> str | None:
    """The same of a text; None for null."""
    if not memory:
        return None
    try:
        return ctypes.string_at(memory).decode(errors="replace")
    finally:
        library.pliant_circuit_free_memory(memory)


def texts(names: list[str] | tuple[str, ...]) -> ctypes.Array[c_char_p]:
    """Names as an array of C texts.

    Raises:
        ValueError: if a name holds a zero character, which would end it
    """
    for name in names:
        if "\0" in name:
            raise ValueError(f"names: a name cannot hold a zero character, got {name!r}")
    return (c_char_p * len(names))(*(name.encode() for name in names))


def file_name(path: str | os.PathLike[str]) -> bytes:
    """A path as C has it.

    Raises:
        ValueError: if it holds a zero character, which would end it
    """
    name = os.fsencode(path)
    if b"\0" in name:
        raise ValueError(f"path: cannot hold a zero character, got {path!r}")
    return name
