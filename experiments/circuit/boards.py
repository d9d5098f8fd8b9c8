# experiments/circuit/boards.py — exported circuits on Cortex-M boards of qemu: built, run, measured
"""What examples/microcontroller has, by arm-none-eabi-gcc and qemu-system-arm (packages-hardware.txt)."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pliant.circuit import Circuit

SOURCES = Path(__file__).resolve().parents[2] / "examples" / "microcontroller"
PROGRAMS = ("arm-none-eabi-gcc", "qemu-system-arm")
FLAGS = ("-mthumb", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-ffreestanding")
SIZES = "TABLES|CODE|RAM|STACK"  # that the code states
NANOSECONDS = 64  # of virtual time an instruction: 2 to the icount shift of 6


@dataclass(frozen=True)
class Board:
    """A machine of qemu. Its timer runs at the processor's clock, of so many nanoseconds a tick."""

    machine: str
    processor: str
    flash: int  # bytes
    ram: int
    tick: float


BOARDS = {
    "Cortex-M0": Board("microbit", "cortex-m0", 256 << 10, 16 << 10, 62.5),
    "Cortex-M4": Board("mps2-an386", "cortex-m4", 1 << 20, 128 << 10, 40.0),
}


@dataclass(frozen=True)
class Run:
    """What came of it."""

    labels: np.ndarray
    loop: int  # instructions of a loop that has 20,000
    one: int  # instructions of a call with one example
    batch: int  # and with 32
    flash: int  # bytes of the circuit's instructions and tables
    tables: int
    stack: int  # bytes, the largest frames along a call
    stated: dict[str, int]  # what the code says of itself: TABLES, CODE, RAM, STACK


def missing_programs() -> list[str]:
    """Those that are not there."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


def run(circuit: Circuit, examples: np.ndarray, board: Board, folder: Path, level: str = "-O2") -> Run:
    """Builds the circuit for the board, labels the examples on it, and measures.

    Args:
        examples: uint8 (N, width), N at least 32
        folder: for what is built

    Raises:
        subprocess.CalledProcessError: if a program fails, such as the linker where memory is too small
    """
    code = circuit.to_c(language="c-embedded")
    (folder / "circuit.c").write_text(code)
    numbers = ",".join(map(str, examples.reshape(-1).tolist()))
    text = f"#define EXAMPLES {len(examples)}\nstatic const unsigned char examples[] = {{{numbers}}};\n"
    (folder / "examples.h").write_text(text)
    build(board, folder, level)
    output = execute(board, folder / "image.elf")
    loop, one, batch = (round(int(line, 16) * board.tick / NANOSECONDS) for line in output[:3])
    labels = np.frombuffer("".join(output[3:]).encode(), np.uint8).astype(np.int32) - ord("a")
    sections = sizes_of(folder / "circuit.o")
    return Run(
        labels,
        loop,
        one,
        batch,
        sections[".text"] + sections[".rodata"],
        sections[".rodata"],
        stack_of(folder / "circuit.su"),
        {
            name: int(re.search(rf"#define circuit_{name} (\d+)", code)[1])
            for name in ("TABLES", "CODE", "RAM", "STACK")
        },
    )


def build(board: Board, folder: Path, level: str) -> None:
    """Compiles and links without any library."""
    compiler = ["arm-none-eabi-gcc", f"-mcpu={board.processor}", *FLAGS, level]
    where = {"cwd": folder, "check": True}
    subprocess.run([*compiler, "-fstack-usage", "-c", "circuit.c", "-o", "circuit.o"], **where)
    start = [
        *compiler,
        "-I.",
        "-fno-tree-loop-distribute-patterns",
        "-c",
        str(SOURCES / "start.c"),
        "-o",
        "start.o",
    ]
    subprocess.run(start, **where)
    memory = [f"-Wl,--defsym=FLASH_SIZE={board.flash}", f"-Wl,--defsym=RAM_SIZE={board.ram}"]
    link = [*compiler, "-nostdlib", "-static", *memory, "-T", str(SOURCES / "cortex_m.ld")]
    subprocess.run([*link, "start.o", "circuit.o", "-o", "image.elf"], **where)


def execute(board: Board, image: Path) -> list[str]:
    """The lines that the program prints; an instruction takes NANOSECONDS of virtual time."""
    shift = NANOSECONDS.bit_length() - 1
    command = ["qemu-system-arm", "-M", board.machine, "-kernel", str(image), "-display", "none"]
    command += ["-monitor", "none", "-serial", "none", "-icount", f"shift={shift}"]
    command += ["-chardev", "stdio,id=out", "-semihosting-config", "enable=on,target=native,chardev=out"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=300, stdin=subprocess.DEVNULL
    )
    return done.stdout.splitlines()


def sizes_of(object_file: Path) -> dict[str, int]:
    """Bytes by section; those that begin alike are one."""
    command = ["arm-none-eabi-size", "-A", str(object_file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    sizes = dict.fromkeys((".text", ".rodata", ".data", ".bss"), 0)
    for name, size in re.findall(r"^(\.\S+)\s+(\d+)", done.stdout, re.MULTILINE):
        for kind in sizes:
            if name == kind or name.startswith(kind + "."):
                sizes[kind] += int(size)
    return sizes


def stack_of(usage: Path) -> int:
    """Frames by gcc's -fstack-usage, the largest of each kind of function along a call added up."""
    frames: dict[str, int] = {}
    for line in usage.read_text().splitlines():
        place, size, _ = line.split("\t")
        name = place.rsplit(":", 1)[1]
        kind = re.sub(r"stage\d+(_\d+)?.*", lambda part: "gates" if part[1] else "stage", name)
        frames[kind] = max(frames.get(kind, 0), int(size))
    return sum(frames.values())
