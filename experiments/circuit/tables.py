# experiments/circuit/tables.py — the tables of docs/hardware.md and docs/embedded.md, made from the rows
from __future__ import annotations

from collections.abc import Callable, Sequence

from experiments.circuit import comparison_rows, microcontroller_rows, onnx_rows, price
from experiments.circuit.published import beside
from experiments.rows import Row, read_rows
from experiments.runner import ROOT
from experiments.statistics import estimate
from experiments.tables import markdown, table_of, with_interval

NO_ROWS = "No rows yet.\n"
RESULTS = ROOT / "experiments/circuit/results"
ALONE = ("encoder", "core", "adders", "argmax")  # parts that are synthesised by themselves


def maps(rows: Sequence[Row]) -> str:
    """LUTs and depth, ours beside berkeley-abc's."""

    def size(cell: object) -> str:
        return f"{cell['luts']:,} · {cell['depth']}"  # type: ignore[index]

    lines = [
        [f"{row['circuit']}; K = {row['lut']}", *(size(row[by]) for by in ("ours", "abc", "abc_dch"))]
        for row in rows
    ]
    return markdown(["LUTs · depth", "`--shallow`", "`strash; if -K`", "`strash; dch; if -K`"], lines)


def built(rows: Sequence[Row]) -> str:
    """What an iCE40 needs and how fast it is."""
    lines = []
    for row in rows:
        routed, parts = row["routed"], row["parts"]
        place = ["too wide for both", ""]
        if routed["device"]:
            place = [
                f"{routed['device']}, {routed['logic_cells']:,} of {routed['of']:,}",
                f"{routed['icetime_mhz']:.0f}",
            ]
        alone = [str(parts.get(part, {}).get("luts", "")) for part in ALONE]
        lines.append(
            [
                f"{row['net']}; {row['pipeline']}",
                f"{100 * row['accuracy']:.1f}",
                *(f"{row[key]:,}" for key in ("luts", "flip_flops")),
                *alone,
                *place,
                f"{row['words']} + {row['latency']}",
                row["equivalence_of_gates"],
            ]
        )
    head = ["network; registers", "accuracy in %", "LUTs", "flip-flops", *ALONE, "device, logic cells"]
    return markdown([*head, "MHz", "clocks", "pipelined = combinational"], lines)


def by_setting(rows: Sequence[Row]) -> list[tuple[Row, list[Row]]]:
    """The settings in the order of their rows, each with the rows of all seeds."""
    found: list[tuple[Row, list[Row]]] = []
    for row in rows:
        same = next((group for setting, group in found if setting == row["setting"]), None)
        if same is None:
            found.append((row["setting"], [row]))
        else:
            same.append(row)
    return found


def prices(rows: Sequence[Row]) -> str:
    """LUTs against accuracy: means over the seeds, the accuracy with its interval."""
    order = {"digits": 0, "mnist": 1, "fashion_mnist": 2}
    heads = list(dict.fromkeys(setting["head"] for setting, _ in by_setting(rows)))
    lines = []
    for setting, group in sorted(
        by_setting(rows),
        key=lambda pair: (order[pair[0]["data"]], heads.index(pair[0]["head"]), pair[0]["price"]),
    ):
        accuracy = estimate([100 * row["test"]["hard"] for row in group])
        gates, sums, bits = (
            sum(row[key] for row in group) / len(group) for key in ("luts", "luts_of_sums", "summed_bits")
        )
        name = f"{setting['data'].replace('_', '-')}, {setting['head']}"
        sizes = [f"{value:,.0f}" for value in (gates, sums, gates + sums, bits)]
        lines.append([name, f"{setting['price']:g}", with_interval(accuracy), *sizes])
    head = ["data, gates of the last layer", "λ", "accuracy in %", "LUTs of gates", "of sums", "of both"]
    return markdown([*head, "summed bits"], lines)


def beside_published() -> str:
    """Published figures of hardware, then ours."""
    return beside(*(read_rows(RESULTS / f"{name}.json") for name in ("price", "place_route")))


def _block(name: str, make: Callable[[Sequence[Row]], str]) -> Callable[[], str]:
    def block() -> str:
        rows = read_rows(RESULTS / f"{name}.json")
        return make(rows) if rows else NO_ROWS

    return block


def compared(rows: list[Row]) -> str:
    """A line a data set and model."""
    lines = []
    for row in rows:
        setting = row["setting"]
        size = "" if setting["model"] == "circuit" else f" {setting['size']}"
        name = f"{setting['data'].replace('_', '-')}, {setting['model']}{size}"
        accuracies = [f"{100 * row[part]['accuracy']:.2f}" for part in ("validation", "test")]
        speeds = [f"{row['examples_a_second']:,.0f}", f"{row['p50_us']:.1f}", f"{row['p99_us']:.1f}"]
        memory = f"{row['memory'] / 2**20:.1f}" if "memory" in row else ""
        lines.append([name, *accuracies, *speeds, f"{row['bytes']:,}", memory])
    head = [
        "",
        "validation in %",
        "test in %",
        "examples a second",
        "p50 of one, µs",
        "p99, µs",
        "model, bytes",
        "memory, MiB",
    ]
    return markdown(head, lines)


def in_onnxruntime(rows: list[Row]) -> str:
    """Examples a second by circuit and batch."""
    lines = []
    for row in rows:
        speeds = [float(f"{row['examples_a_second'][lanes]:.3g}") for lanes in ("64", "1")]
        name = f"{row['setting']['net']}, {row['setting']['examples']}"
        lines.append([name, *(f"{speed:,.0f}" for speed in speeds)])
    return markdown(["circuit, examples a call", "64 lanes, examples a second", "1 lane"], lines)


def on_boards(rows: list[Row]) -> str:
    """A line a circuit and processor."""
    lines = []
    for row in rows:
        name = f"{row['setting']['net']}, {row['setting']['processor']}"
        counts = [row["nodes"], row["instructions"]["one"], row["instructions"]["batch of 32"]]
        sizes = [row["flash"], row["stated"]["CODE"] + row["stated"]["TABLES"], row["ram"], row["stack"]]
        lines.append([name, *(f"{n:,}" for n in [*counts, *sizes, row["stated"]["STACK"]])])
    head = [
        "",
        "nodes",
        "instructions, one example",
        "32 examples",
        "flash",
        "at most, as stated",
        "RAM",
        "stack",
    ]
    return markdown([*head, "at most, as stated"], lines)


TABLES: dict[str, Callable[[], str]] = {
    "experiments_circuit_mapping": _block("mapping", maps),
    "experiments_circuit_place_route": _block("place_route", built),
    "experiments_circuit_price": table_of(price.EXPERIMENT, prices),
    "experiments_circuit_published": beside_published,
    "experiments_circuit_onnx": table_of(onnx_rows.EXPERIMENT, in_onnxruntime),
    "experiments_circuit_comparison": table_of(comparison_rows.EXPERIMENT, compared),
    "experiments_circuit_microcontrollers": table_of(microcontroller_rows.EXPERIMENT, on_boards),
}
