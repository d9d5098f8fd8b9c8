# benchmarks/together/bench_overhead.py — what a call costs on few numbers, beside a plain op of torch
"""`bench_overhead.py [--quick] [--only WORD]`: writes benchmarks/results/overhead.json.

On 4 rows of 8 float32 numbers almost nothing of a call is arithmetic. Each function, there and back,
alternates with an op of torch of the same kind: mse_loss where the result is a scalar, softmax where there
are tensors, to which upstream gradients are given. Processor time of one thread; the overhead is the median
of the differences in a round.
"""

from __future__ import annotations

import argparse
import statistics
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


def row(name: str, function: Function, rounds: int) -> dict:
    """One function beside torch's op."""
    x, y = torch.randn(4, 8, requires_grad=True), torch.randn(4, 8)
    beside = "mse_loss" if is_scalar(function(x)) else "softmax"
    plain_op = {"mse_loss": lambda x: torch.nn.functional.mse_loss(x, y), "softmax": lambda x: x.softmax(-1)}
    ours, plain = there_and_back(function, x), there_and_back(plain_op[beside], x)
    microseconds(ours), microseconds(plain)  # warms both up
    taken = [(microseconds(ours), microseconds(plain)) for _ in range(rounds)]
    low, middle, high = statistics.quantiles([a - b for a, b in taken], n=4)
    return {
        "function": name,
        "beside": beside,
        "ours_us": statistics.median(a for a, _ in taken),
        "plain_us": statistics.median(b for _, b in taken),
        "over_us": middle,
        "over_low_us": low,
        "over_high_us": high,
        "over_best_us": min(a for a, _ in taken) - min(b for _, b in taken),
    }


def main() -> None:
    """All rows; --quick is a look at whether it runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="five rounds")
    parser.add_argument("--only", default="", help="functions with this in their name; nothing is written")
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    rows = []
    for name, function in functions().items():
        if options.only in name:
            rows.append(row(name, function, 5 if options.quick else 41))
            print(rows[-1], flush=True)
    if not options.only:
        print("written", pairs.write("overhead", rows))


if __name__ == "__main__":
    main()
