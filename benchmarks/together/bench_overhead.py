# benchmarks/together/bench_overhead.py — what a call costs on few numbers, beside a plain op of torch
"""`bench_overhead.py [--quick] [--before CHECKOUT]`: writes benchmarks/results/overhead.json. With the folder
of another built checkout its rows are measured too, in processes that take turns with ours.

On 4 rows of 8 float32 numbers almost nothing of a call is arithmetic. Each function, there and back,
alternates with an op of torch of the same kind: mse_loss where the result is a scalar, softmax where it is a
tensor, aminmax where there are two, to which upstream gradients are given. Processor time of one thread; the
overhead is the median of the differences in a round.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pairs

import pliant

CALLS = 200  # that one timing takes
ROUNDS = 11  # timings of a process
PROCESSES = 3
Result = Tensor | tuple[Tensor, ...]
Function = Callable[[Tensor], Result]


def functions() -> dict[str, Function]:
    """What is timed, by the name that the table has."""
    y, labels = torch.randn(4, 8), torch.randint(0, 4, (4, 8))
    payload, classes = torch.randn(4, 8, 3), torch.tensor([0, 3, 5, 7])
    swaps = pliant.program.load("bubble_sort")
    return {
        "sort_values": pliant.sort_values,
        "sort_values, fast": lambda x: pliant.sort_values(x, method="fast"),
        "soft_rank": pliant.soft_rank,
        "apply_sort": lambda x: pliant.apply_sort(x, payload),
        "permutation_loss": lambda x: pliant.permutation_loss(x, y),
        "topk, values and attribution": lambda x: pliant.topk(x, 3),
        "topk_cross_entropy": lambda x: pliant.topk_cross_entropy(x, classes),
        "soft_topk_mask": lambda x: pliant.soft_topk_mask(x, 3),
        "soft_median": pliant.soft_median,
        "soft_quantile, two": lambda x: pliant.soft_quantile(x, [0.1, 0.9]),
        "spearman_loss": lambda x: pliant.spearman_loss(x, y),
        "ndcg_loss": lambda x: pliant.ndcg_loss(x, labels),
        "ndcg_loss, k = 3": lambda x: pliant.ndcg_loss(x, labels, 3),
        "decide": pliant.decide,
        "soft.greater": lambda x: pliant.soft.greater(x, y),
        "soft.maximum": lambda x: pliant.soft.maximum(x, y),
        "t_conorm": lambda x: pliant.t_conorm(x.sigmoid()),
        "program bubble_sort": lambda x: swaps.soft(x),
    }


def is_scalar(result: Result) -> bool:
    """Whether it needs no upstream gradient."""
    return isinstance(result, Tensor) and result.dim() == 0


def there_and_back(function: Function, x: Tensor) -> Callable[[], object]:
    """The call and its gradient."""
    result = function(x)
    if is_scalar(result):
        return lambda: function(x).backward()
    parts = (result,) if isinstance(result, Tensor) else result
    upstream = tuple(torch.randn_like(part) for part in parts)
    return lambda: torch.autograd.backward(function(x), upstream)


def microseconds(call: Callable[[], object]) -> float:
    """Processor time of one call."""
    start = time.process_time()
    for _ in range(CALLS):
        call()
    return 1e6 * (time.process_time() - start) / CALLS


def row(name: str, function: Function) -> dict:
    """One function beside torch's op."""
    x, y = torch.randn(4, 8, requires_grad=True), torch.randn(4, 8)
    result = function(x)
    beside = "mse_loss" if is_scalar(result) else "softmax" if isinstance(result, Tensor) else "aminmax"
    plain_op: dict[str, Function] = {
        "mse_loss": lambda x: torch.nn.functional.mse_loss(x, y),
        "softmax": lambda x: x.softmax(-1),
        "aminmax": lambda x: tuple(x.aminmax(dim=-1)),
    }
    ours, plain = there_and_back(function, x), there_and_back(plain_op[beside], x)
    microseconds(ours), microseconds(plain)  # warms both up
    taken = [(microseconds(ours), microseconds(plain)) for _ in range(ROUNDS)]
    return {"function": name, "beside": beside, "taken": taken}


def measured(checkout: Path) -> list[dict]:
    """The rows of a checkout, by a process of its own."""
    place = {"PYTHONPATH": str(checkout / "python")}
    command = [sys.executable, __file__, "--rows"]
    text = subprocess.run(command, env=os.environ | place, check=True, capture_output=True, text=True).stdout
    return json.loads(text)


def joined(processes: list[list[dict]]) -> list[dict]:
    """The medians over the rounds of all processes of a checkout."""
    rows = []
    for parts in zip(*processes, strict=True):
        taken = [pair for part in parts for pair in part["taken"]]
        low, middle, high = statistics.quantiles([a - b for a, b in taken], n=4)
        rows.append(
            {
                "function": parts[0]["function"],
                "beside": parts[0]["beside"],
                "ours_us": statistics.median(a for a, _ in taken),
                "plain_us": statistics.median(b for _, b in taken),
                "over_us": middle,
                "over_low_us": low,
                "over_high_us": high,
            }
        )
    return rows


def main() -> None:
    """All rows; --quick is a look at whether it runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one process")
    parser.add_argument("--before", type=Path, help="folder of another checkout, with its build")
    parser.add_argument("--rows", action="store_true", help="print what this process measures, as JSON")
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    if options.rows:
        print(json.dumps([row(*item) for item in functions().items()]))
        return
    checkouts = [pairs.ROOT] + ([options.before.resolve()] if options.before else [])
    found: dict[Path, list[list[dict]]] = {checkout: [] for checkout in checkouts}
    for _ in range(1 if options.quick else PROCESSES):
        for checkout in checkouts:
            found[checkout].append(measured(checkout))
    ours, *others = [joined(processes) for processes in found.values()]
    for one in ours:
        print(f"{one['function']:32} {one['ours_us']:6.1f} µs, {one['over_us']:6.1f} over {one['beside']}")
    print("written", pairs.write("overhead", ours, before=others[0] if others else []))


if __name__ == "__main__":
    main()
