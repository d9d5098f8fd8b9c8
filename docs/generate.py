# docs/generate.py — fills the generated blocks of README.md and docs/*.md; --check only compares
"""A block is what stands between `<!-- begin: NAME -->` and `<!-- end: NAME -->`. NAME is either
`file PATH`, the text of a file of the repository, or a table of BLOCKS, made from results that are kept as
JSON or from what the built program knows. Nobody edits a block by hand: `python docs/generate.py` writes
them all, and a test runs `--check`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"(<!-- begin: (?P<name>.+?) -->\n).*?(<!-- end: (?P=name) -->)", re.DOTALL)
FENCES = {".py": "python", ".cpp": "cpp", ".h": "cpp"}
sys.path.insert(0, str(ROOT))

from benchmarks.circuit.tables import TABLES as CIRCUIT_BENCHMARKS  # noqa: E402
from benchmarks.logic.tables import TABLES as LOGIC_BENCHMARKS  # noqa: E402
from benchmarks.optim.tables import TABLES as OPTIM_BENCHMARKS  # noqa: E402
from benchmarks.packages import TABLES as PACKAGES  # noqa: E402
from benchmarks.program.tables import TABLES as PROGRAM_BENCHMARKS  # noqa: E402
from benchmarks.render.tables import TABLES as RENDER_BENCHMARKS  # noqa: E402
from benchmarks.sorting.tables import TABLES as SORTING_BENCHMARKS  # noqa: E402
from benchmarks.together.tables import TABLES as TOGETHER_BENCHMARKS  # noqa: E402
from benchmarks.topk.tables import TABLES as TOPK_BENCHMARKS  # noqa: E402
from benchmarks.train.tables import TABLES as TRAIN_BENCHMARKS  # noqa: E402
from experiments.circuit.tables import TABLES as CIRCUIT_EXPERIMENTS  # noqa: E402
from experiments.logic.tables import TABLES as LOGIC_EXPERIMENTS  # noqa: E402
from experiments.optim.tables import TABLES as OPTIM_EXPERIMENTS  # noqa: E402
from experiments.program.tables import TABLES as PROGRAM_EXPERIMENTS  # noqa: E402
from experiments.render.tables import TABLES as RENDER_EXPERIMENTS  # noqa: E402
from experiments.sorting.tables import TABLES as SORTING_EXPERIMENTS  # noqa: E402
from experiments.together.tables import TABLES as TOGETHER_EXPERIMENTS  # noqa: E402
from experiments.topk.tables import TABLES as TOPK_EXPERIMENTS  # noqa: E402
from experiments.trust.tables import TABLES as TRUST  # noqa: E402
from tests.transforms.tables import TABLES as TRANSFORMS  # noqa: E402


def _info(block: str) -> dict:
    """What the built program says of itself."""
    library = Path(os.environ.get("PLIANT_LIBRARY_DIR", ROOT / "build/lib"))
    program = library.parent / "bin/pliant"
    if not program.is_file():
        raise ValueError(f"block {block!r}: {program} is not built")
    report = subprocess.run([program, "info", "--json"], check=True, capture_output=True, text=True).stdout
    return json.loads(report)


def distributions() -> str:
    """The table of distributions, from the list that the built program holds."""
    rows = [
        "| name | F(u) | support | monotonic swap | swap error | ULP, float | ULP, double |",
        "|---|---|---|---|---|---|---|",
    ]
    for family in _info("distributions")["distributions"]:
        formula = family["formula"].replace("|", "\\|")
        low, high, error = (_number(family[key]) for key in ("support_low", "support_high", "swap_error"))
        monotonic = "yes" if family["monotonic_swap"] else "no"
        rows.append(
            f"| `{family['name']}` | {formula} | {low} … {high} | {monotonic} | {error}"
            f" | {family['max_ulp_float']:g} | {family['max_ulp_double']:g} |"
        )
    return "\n".join(rows) + "\n"


def t_norms() -> str:
    """The table of T-norms, from the list that the built program holds."""
    rows = ["| `t_norm` | ⊥(a, b), or T(x, y) | p | default | limits | ULP |", "|---|---|---|---|---|---|"]
    for family in _info("t_norms")["t_norms"]:
        low, high = _number(family["p_low"]), _number(family["p_high"])
        unbounded = "∞" in low + high
        span = (f"< {high}" if "∞" in low else f"> {low}") if unbounded else f"{low} … {high}"
        p = f"{span} | {_number(family['default_p'])}" if family["has_p"] else "|"
        rows.append(
            f"| `{family['name']}` | {family['formula']} | {p} | {family['limits']}"
            f" | {max(family['max_ulp_float'], family['max_ulp_double']):g} |"
        )
    return "\n".join(rows) + "\n"


def relaxations() -> str:
    """The table of the methods without a network, from the list that the built program holds."""
    rows = ["| `method` | P, or what there is | rows sum to 1 | cost | source |", "|---|---|---|---|---|"]
    for method in _info("relaxations")["methods"]:
        if method["kind"] != "network":
            formula = method["formula"].replace("|", "\\|")
            stochastic = "yes" if method["doubly_stochastic"] else "no" if method["permutation"] else "no P"
            rows.append(
                f"| `{method['name']}` | {formula} | {stochastic} | {method['cost']} | {method['source']} |"
            )
    return "\n".join(rows) + "\n"


def logic_parametrizations() -> str:
    """The table of what can be learned of a gate, from the list that the built program holds."""
    rows = ["| `parametrization` | numbers a gate | inputs | output | source |", "|---|---|---|---|---|"]
    for entry in _info("logic_parametrizations")["logic_parametrizations"]:
        inputs, numbers = entry["inputs"], entry["parameters"]
        several = len(inputs) > 1
        count = f"2^k: {numbers[inputs.index(2)]} of two" if several else f"{numbers[0]}"
        output = "σ of the multilinear form" if entry["sigmoid"] else "the multilinear form"
        span = f"{inputs[0]} … {inputs[-1]}" if several else f"{inputs[0]}"
        rows.append(f"| `{entry['name']}` | {count} | {span} | {output} | {entry['source']} |")
    return "\n".join(rows) + "\n"


def _number(value: float | str) -> str:
    """A number of the list as text; infinities come as "inf" and "-inf"."""
    text = value.replace("inf", "∞") if isinstance(value, str) else f"{value:.4g}"
    return text.replace("-", "−")


BLOCKS: dict[str, Callable[[], str]] = {
    **CIRCUIT_EXPERIMENTS,
    **LOGIC_EXPERIMENTS,
    **OPTIM_EXPERIMENTS,
    **PROGRAM_EXPERIMENTS,
    **RENDER_EXPERIMENTS,
    **SORTING_EXPERIMENTS,
    **TOGETHER_EXPERIMENTS,
    **TOPK_EXPERIMENTS,
    **CIRCUIT_BENCHMARKS,
    **LOGIC_BENCHMARKS,
    **OPTIM_BENCHMARKS,
    **PROGRAM_BENCHMARKS,
    **RENDER_BENCHMARKS,
    **SORTING_BENCHMARKS,
    **TOGETHER_BENCHMARKS,
    **TOPK_BENCHMARKS,
    **TRAIN_BENCHMARKS,
    **PACKAGES,
    **TRUST,
    **TRANSFORMS,
    "distributions": distributions,
    "t_norms": t_norms,
    "relaxations": relaxations,
    "logic_parametrizations": logic_parametrizations,
}


def content(name: str) -> str:
    """What belongs into the block.

    Raises:
        ValueError: if there is no such block or file.
    """
    if name.startswith("file "):
        path = ROOT / name.removeprefix("file ")
        if not path.is_file():
            raise ValueError(f"block {name!r}: there is no file {path.relative_to(ROOT)}")
        return f"```{FENCES.get(path.suffix, '')}\n{path.read_text()}```\n"
    if name not in BLOCKS:
        raise ValueError(f"unknown block {name!r}; there are: file PATH, {', '.join(BLOCKS)}")
    return BLOCKS[name]()


def fill(text: str) -> str:
    """The page with every block made anew."""
    return BLOCK.sub(lambda match: match[1] + content(match["name"]) + match[3], text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit code 1 if something would")
    check = parser.parse_args().check
    stale = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = page.read_text()
        filled = fill(text)
        if filled != text:
            stale.append(page.relative_to(ROOT))
            if not check:
                page.write_text(filled)
    for page in stale:
        print(f"{page}: {'stale, run python docs/generate.py' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
