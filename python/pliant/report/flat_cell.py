# python/pliant/report/flat_cell.py — a flat circuit as arrays: levels, and what a bit depends on
from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pliant.circuit import Circuit


class FlatCell:
    """The nodes of a circuit that `Circuit.simplify` has made. Signals are numbered: inputs, then nodes.

    Args:
        circuit: of one stage, placed once

    Attributes:
        inputs: how many inputs there are
        tables: (nodes) uint64
        reads: (nodes, most inputs of a node) signals; `signals` where a node has fewer
        outputs: (outputs) 2 · signal, and 1 more where the output is the complement
        begins: (classes + 1) where each class's outputs begin; (0, outputs) without classes
        biases: (classes) of the sums; none without classes
        feature: (inputs) which number of an example an input looks at
    """

    def __init__(self, circuit: Circuit):
        (stage,), encoder, sums = circuit.to_arrays()
        self.inputs, nodes = stage.inputs, len(stage.fan_in)
        self.signals = stage.inputs + nodes
        self.tables, self.outputs = stage.tables, stage.outputs.astype(np.int64)
        place = np.arange(max(stage.fan_in.max(initial=0), 1))
        self.reads = np.full((nodes, len(place)), self.signals, np.int64)
        self.reads[place < stage.fan_in[:, None]] = stage.sources
        self.fan_in = stage.fan_in
        self.begins = np.array([0, len(self.outputs)]) if sums is None else sums.begins
        self.biases = None if sums is None else sums.biases
        self.feature = encoder.feature if encoder.features else np.arange(encoder.inputs)

    def reads_of(self, signal: int) -> list[int]:
        """The signals that a node reads; none of an input."""
        if signal < self.inputs:
            return []
        node = signal - self.inputs
        return self.reads[node, : self.fan_in[node]].tolist()

    def levels(self) -> np.ndarray:
        """(signals + 1) how many nodes stand on the longest way to each; 0 for inputs, −1 behind the last."""
        levels = np.zeros(self.signals + 1, np.int64)
        levels[-1] = -1
        while True:
            found = levels[self.reads].max(axis=1) + 1
            if np.array_equal(found, levels[self.inputs : -1]):
                return levels
            levels[self.inputs : -1] = found

    def places_behind(self, place: np.ndarray, places: int) -> np.ndarray:
        """(signals, bytes) the places that each signal depends on, a bit each, as np.packbits has them.

        Args:
            place: (inputs) where an input looks, below `places`
            places: how many there are

        Cost: signals × places / 8 bytes
        """
        rows = np.zeros((self.signals + 1, (places + 7) // 8), np.uint8)
        rows[np.arange(self.inputs), place // 8] = 128 >> (place % 8)
        levels = self.levels()[self.inputs : -1]
        for level in range(levels.max(initial=-1) + 1):
            nodes = np.flatnonzero(levels == level)
            rows[self.inputs + nodes] = np.bitwise_or.reduce(rows[self.reads[nodes]], axis=1)
        return rows[:-1]

    def reading_bits(self, place: np.ndarray, places: int) -> np.ndarray:
        """(classes, places) how many of a class's bits depend on each place."""
        rows = self.places_behind(place, places)
        counts = np.zeros((len(self.begins) - 1, places), np.int64)
        for label, (begin, end) in enumerate(zip(self.begins, self.begins[1:], strict=False)):
            bits = rows[self.outputs[begin:end] >> 1]
            counts[label] = np.unpackbits(bits, axis=1, count=places).sum(axis=0)
        return counts

    def cone(self, signals: Sequence[int], most: int) -> list[int] | None:
        """The signals that these depend on, themselves among them, ascending; None if more than `most`."""
        found = set(signals)
        waiting = list(found)
        while waiting and len(found) <= most:
            signal = waiting.pop()
            if signal >= self.inputs:
                new = set(self.reads_of(signal)) - found
                found |= new
                waiting += new
        return sorted(found) if len(found) <= most else None

    def end_of_cone(self, signal: int, most: int) -> tuple[list[int], list[int]]:
        """At most so many of the signals that this depends on, ascending, and the nodes where it breaks off.

        Nodes are followed by their levels, the last first, and all or none of what one reads is there.
        """
        levels = self.levels()
        found, waiting = {signal}, [(-int(levels[signal]), signal)]
        while waiting:
            _, last = waiting[0]
            new = set(self.reads_of(last)) - found
            if len(found) + len(new) > most:
                break
            heapq.heappop(waiting)
            found |= new
            for read in new:
                if read >= self.inputs:
                    heapq.heappush(waiting, (-int(levels[read]), read))
        return sorted(found), sorted(node for _, node in waiting)
