# experiments/optim/train_run.py — a run of one method on one workload, in PyTorch
"""Trains for a number of steps, or for a number of seconds of one processor: time of this process, in which
no evaluation counts and no other process does. The network of the best validation, by its loss, is tested.
Writes metrics.jsonl with the lines of `pliant train`.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import sys
import time
from pathlib import Path

import torch

from experiments.optim.methods import CONDITIONERS, OPTIMIZERS, Method, make_method
from experiments.optim.workloads import Batch, Workload, make_workload

VALIDATIONS = 10


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workload", required=True)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--optimizer", choices=OPTIMIZERS, default="sgd")
    parser.add_argument("--conditioner", choices=CONDITIONERS, default="none")
    parser.add_argument("--schedule", choices=("constant", "cosine"), default="constant")
    for name, default in (
        *(("learning-rate", 0.1), ("damping", 1.0), ("output-damping", 1.0), ("momentum", 0.0)),
        *(("beta2", 0.999), ("decay", 0.0), ("processor-seconds", math.inf)),
    ):
        parser.add_argument(f"--{name}", type=float, default=default)
    for name, default in (("batch", 60), ("steps", 0), ("seed", 0), ("threads", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--quiet", action="store_true", help="accepted, as by pliant train")
    options = parser.parse_args()
    if (options.steps > 0) == math.isfinite(options.processor_seconds):
        parser.error("give --steps or --processor-seconds")
    return options


class Training:
    """The loop, its clock and its best network."""

    def __init__(self, workload: Workload, method: Method, options: argparse.Namespace) -> None:
        self.workload, self.method, self.options = workload, method, options
        self.step = 0
        self.seconds = 0.0
        self.best = math.inf
        self.best_state: dict[str, torch.Tensor] = {}

    @property
    def done(self) -> float:
        """How much of the budget is used."""
        return max(
            self.step / (self.options.steps or math.inf), self.seconds / self.options.processor_seconds
        )

    def one(self) -> torch.Tensor:
        """A step; gives its loss."""
        begin = time.process_time()
        inputs, targets = self.workload.draw(self.step)
        outputs = self.workload.model(inputs)
        loss = self.workload.loss(outputs, targets)
        self.method.zero_grad()
        self.method.observe(outputs)
        loss.backward()
        cosine = self.options.schedule == "cosine"
        self.method.step(0.5 * (1 + math.cos(math.pi * min(1.0, self.done))) if cosine else 1.0)
        self.step += 1
        self.seconds += time.process_time() - begin
        return loss.detach()

    @torch.no_grad()
    def evaluate(self, split: str) -> dict[str, float]:
        """Mean loss, and accuracy where there are classes."""
        self.workload.model.eval()
        batches = self.workload.held_out[split]
        found = [self._sums(batch) for batch in batches]
        self.workload.model.train()
        count = sum(each[0] for each in found)
        result = {"loss": sum(each[1] for each in found) / count}
        return result | (
            {"accuracy": sum(each[2] for each in found) / count} if self.workload.accuracy else {}
        )

    def _sums(self, batch: Batch) -> tuple[int, float, float]:
        outputs = self.workload.model(batch[0])
        right = outputs.argmax(1).eq(batch[1]).sum().item() if self.workload.accuracy else 0
        return len(outputs), self.workload.loss(outputs, batch[1]).item() * len(outputs), right

    def validate(self) -> dict[str, object]:
        """The figures, and whether they are the best so far, which is then kept."""
        found = self.evaluate("validation")
        best = found["loss"] < self.best
        if best:
            self.best, self.best_state = found["loss"], copy.deepcopy(self.workload.model.state_dict())
        return {**found, "best": best}

    def test(self) -> dict[str, float]:
        """Of the best network: the test's figures and the loss on training examples."""
        self.workload.model.load_state_dict(self.best_state)
        return {**self.evaluate("test"), "train_loss": self.evaluate("train")["loss"]}


def main() -> int:
    options = parse()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(options.seed)
    workload = make_workload(options.workload, options.data, options.batch, options.seed)
    names = ("optimizer", "conditioner", "damping", "output_damping", "momentum", "beta2", "decay")
    chosen = {name: getattr(options, name) for name in names}
    method = make_method(workload.model, rate=options.learning_rate, **chosen)
    training = Training(workload, method, options)
    options.out.mkdir(parents=True)
    with (options.out / "metrics.jsonl").open("w") as file:

        def log(event: str, **fields: object) -> None:
            line = {"event": event, "step": training.step, "seconds": training.seconds, **fields}
            file.write(json.dumps(line) + "\n")
            file.flush()

        validated = 0
        while training.done < 1:
            loss = training.one()
            if int(training.done * VALIDATIONS) > validated or training.done >= 1:
                validated = int(training.done * VALIDATIONS)
                if not math.isfinite(loss.item()):
                    log("end", reason="not_finite")
                    return 1
                log("train", loss=loss.item(), gradient_norm=None)
                log("validation", **training.validate())
        if not training.best_state:
            log("end", reason="not_finite")
            return 1
        log("test", **training.test())
        log("end", reason="steps" if options.steps else "minutes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
