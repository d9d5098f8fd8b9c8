# tests/docs/test_adding_a_variant.py — docs/adding_a_variant.md, followed to the letter, does what it says
"""Each marked block of the page is applied to a copy of the sources, and its library is built: no more of the
build depends on the lists, so the programs and the torch floor are those of the build at hand, unchanged.
"""

import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.cli.program import PROGRAM, environment, small

ROOT = Path(__file__).resolve().parents[2]
BUILD = PROGRAM.parents[1]
PAGE = (ROOT / "docs/adding_a_variant.md").read_text()

COMMENT = re.compile(r"<!--(?P<said>.*?)-->\n(?:```\w*\n(?P<block>.*?)```\n)?", re.DOTALL)
MARKER = re.compile(r' apply: (?P<how>before|instead of) "(?P<anchor>.+)" in (?P<file>\S+) ')
FENCED = re.compile(r"^( *)```\w*\n(.*?)^\1```\n", re.DOTALL | re.MULTILINE)
# What a build of the sources must share with the build at hand, so that ccache knows what did not change.
SETTINGS = ("CMAKE_BUILD_TYPE", "CMAKE_CXX_COMPILER", "CMAKE_CXX_FLAGS", "PLIANT_WARNINGS_AS_ERRORS")


def apply(page, root):
    """Applies the marked blocks of the page to the sources under `root`, in their order; how many there were.

    Raises:
        ValueError: for a comment that is no marker, a marker without a block, a file that is not there, an
            anchor that does not occur exactly once
    """
    count = 0
    for comment in COMMENT.finditer(page):
        marker = MARKER.fullmatch(comment["said"])
        if marker is None:
            raise ValueError(f"unknown marker <!--{comment['said']}-->")
        if comment["block"] is None:
            raise ValueError(f"no block of code follows <!--{comment['said']}-->")
        file, anchor = root / marker["file"], marker["anchor"]
        if not file.is_file():
            raise ValueError(f"there is no file {marker['file']}")
        text = file.read_text()
        if text.count(anchor) != 1:
            raise ValueError(f'"{anchor}" occurs {text.count(anchor)} times in {marker["file"]}, not once')
        block = comment["block"]
        new = f"{block}\n{anchor}" if marker["how"] == "before" else block.removesuffix("\n")
        file.write_text(text.replace(anchor, new))
        count += 1
    return count


def run(*command, expect=0, shown=lambda output: output[-8000:], **options):
    """What the command prints; the test fails with what is `shown` of it if its exit code is another one."""
    done = subprocess.run(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    )
    assert done.returncode == expect, f"{' '.join(map(str, command))}\n{shown(done.stdout)}"
    return done.stdout


class Checkout:
    """A copy of the tracked sources, with the page applied to it; laid out as a checkout that was built."""

    def __init__(self, root):
        self.root = root
        # The build's programs and torch floor then load this library, not the one that they were linked to.
        self.environment = environment(LD_LIBRARY_PATH=str(root / "build/lib"), PYTHONPATH="python")

    def copy(self):
        """The tracked files as they are now."""
        listed = run("git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", cwd=ROOT)
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.root / name)

    def build(self):
        """Builds the library, with the settings of the build at hand."""
        cache = (BUILD / "CMakeCache.txt").read_text()
        found = dict(re.findall(r"^(\w+):\w+=(.*)$", cache, re.MULTILINE))
        settings = [f"-D{name}={found[name]}" for name in SETTINGS]
        alone = [f"-DPLIANT_BUILD_{part}=OFF" for part in ("TORCH", "TESTS", "CLI", "BENCHMARKS")]
        run("cmake", "-S", self.root, "-B", self.root / "build", "-G", "Ninja", *settings, *alone)
        run("cmake", "--build", self.root / "build", "--target", "pliant_core")
        (self.root / "build/bin").mkdir()
        for file in [*BUILD.glob("bin/*"), *BUILD.glob("lib/libpliant_torch.so*")]:
            (self.root / "build" / file.relative_to(BUILD)).symlink_to(file)

    def __call__(self, *command, **options):
        """Runs a command in the checkout, with its library."""
        return run(*command, cwd=self.root, env=self.environment, **options)

    def program(self, name):
        """The path of a program of its build."""
        return self.root / "build/bin" / name

    def captured(self, name, source):
        """What the test cases of a C++ file, which pass, captured at their checks: case → name → values."""

        def errors(output):
            parts = [part for part in output.split("\n\n") if " ERROR: " in part]
            return "\n\n".join(parts)[:8000] or output[-8000:]

        output = self(self.program(name), "--success", f"--source-file=*{source}", shown=errors)
        seen = defaultdict(lambda: defaultdict(set))
        case = None
        for line in output.splitlines():
            if line.startswith("TEST CASE:"):
                case = line.removeprefix("TEST CASE:").strip()
            elif " := " in line:
                variable, value = line.removeprefix("  logged:").strip().split(" := ", 1)
                seen[case][variable].add(value)
        return seen


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """The page, applied and built: about a minute, most of it for the decision's three SIMD targets."""
    for tool in ("git", "cmake", "ninja"):
        if shutil.which(tool) is None:
            pytest.skip(f"there is no {tool}")
    if not (ROOT / ".git").exists():
        pytest.skip(f"{ROOT} is no git checkout, so there is no list of its sources")
    for file in (PROGRAM, PROGRAM.with_name("math_test"), PROGRAM.with_name("sorting_test")):
        if not file.exists():
            pytest.skip(f"{file} is not built")
    made = Checkout(tmp_path_factory.mktemp("variant"))
    made.copy()
    assert apply(PAGE, made.root) == 4
    made.build()
    return made


def cases(file):
    """The names of the test cases of a C++ file."""
    return set(re.findall(r'^TEST_CASE\("(.+)"\)', (ROOT / file).read_text(), re.MULTILINE))


def test_distribution_is_in_the_laws_on_every_target(checkout):
    source = "tests/math/laws_test.cpp"
    seen = checkout.captured("math_test", source)
    assert {case for case in seen if "algebraic" in seen[case]["family.name"]} == cases(source)
    targets = json.loads(checkout(checkout.program("pliant"), "info", "--json"))["simd_targets"]
    ends = "the ends: F is 0 and 1 at ±inf, and NaN stays NaN"
    assert seen[ends]["target"] == set(targets)


@pytest.mark.parametrize("source", ["tests/math/gradient_test.cpp", "tests/math/accuracy_test.cpp"])
def test_distribution_is_in_the_other_tests_that_the_page_names(checkout, source):
    assert source in PAGE
    seen = checkout.captured("math_test", source)
    assert any("algebraic" in values["family.name"] for values in seen.values())


def test_network_is_in_the_tests_of_networks(checkout):
    source = "tests/sorting/network_test.cpp"
    sorts = "every network sorts every 0-1 input, for every size up to 16"
    seen = checkout.captured("sorting_test", source)[sorts]
    assert "insertion" in seen["kind"] and seen["size"] == set(map(str, range(1, 17)))


def test_variants_are_in_the_tests_of_python(checkout):
    modules = ["tests/math/test_decide.py", "tests/sorting/test_sort.py"]
    chosen = ["-k", "algebraic or insertion", "-p", "no:cacheprovider", "-v"]
    output = checkout(sys.executable, "-m", "pytest", *chosen, *modules)
    passed = re.findall(r"::(\w+)\[(.+)\] PASSED", output)
    doubly_stochastic = {
        case for test, case in passed if test.startswith("test_permutation_is_doubly_stochastic")
    }
    assert any("algebraic-insertion" in case for case in doubly_stochastic), output
    assert len(passed) > 50 and " FAILED" not in output


def test_info_knows_the_variants(checkout):
    info = json.loads(checkout(checkout.program("pliant"), "info", "--json"))
    families = {family["name"]: family for family in info["distributions"]}
    assert list(families)[-1] == "algebraic" and families["algebraic"]["symmetric"] is True
    networks = [method["name"] for method in info["methods"] if method["kind"] == "network"]
    assert networks[-1] == "insertion"
    assert " algebraic " in checkout(checkout.program("pliant"), "info")


def test_python_knows_and_sorts_with_the_variants(checkout):
    code = """
import torch, pliant
x = torch.tensor([2.0, -1.0, 0.5, 7.0], requires_grad=True)
values, permutation = pliant.sort(x, method="insertion", distribution="algebraic", steepness=1e4)
values[0].backward()
print([f["name"] for f in pliant.distributions()][-1], "insertion" in [m["name"] for m in pliant.methods()])
print(pliant.__file__, [round(v, 2) for v in values.tolist()], x.grad.argmax().item())
"""
    names, sorted_here = checkout(sys.executable, "-c", code).splitlines()
    assert names == "algebraic True"
    assert sorted_here == f"{checkout.root}/python/pliant/__init__.py [-1.0, 0.5, 2.0, 7.0] 1"


def test_command_line_trains_with_the_variants(checkout, tmp_path):
    chosen = {"--distribution": "algebraic", "--method": "insertion"}
    words = [word for option in chosen.items() for word in option]
    command = small([*words, "--steps", "2", "--out", tmp_path / "run"])
    checkout(checkout.program("pliant"), *command)
    config = (tmp_path / "run/config.toml").read_text()
    assert '"algebraic"' in config and '"insertion"' in config


@pytest.mark.parametrize(("option", "name"), [("--distribution", "algebraic"), ("--method", "insertion")])
def test_error_for_an_unknown_name_lists_the_variant(checkout, tmp_path, option, name):
    command = small([option, "nothing", "--steps", "2", "--out", tmp_path / "run"])
    assert re.search(rf"there are: .*\b{name}\b", checkout(checkout.program("pliant"), *command, expect=2))


def test_table_of_distributions_has_a_row_for_it(checkout):
    checkout(sys.executable, "docs/generate.py")
    table = (checkout.root / "docs/distributions.md").read_text()
    assert "| `algebraic` | 1/2 + u/(2√(1 + u²)) | −∞ … ∞ | no | 0.1501 | 6 | 6 |" in table


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ('apply: after "a" in file', 'unknown marker <!-- apply: after "a" in file -->'),
        ('aply: before "a" in file', 'unknown marker <!-- aply: before "a" in file -->'),
        ('apply: before "a" in other', "there is no file other"),
        ('apply: before "x" in file', '"x" occurs 0 times in file, not once'),
        ('apply: instead of "b" in file', '"b" occurs 2 times in file, not once'),
    ],
)
def test_block_that_cannot_be_applied_is_an_error(tmp_path, marker, message):
    (tmp_path / "file").write_text("a b b\n")
    with pytest.raises(ValueError, match=re.escape(message)):
        apply(f"<!-- {marker} -->\n```cpp\nc\n```\n", tmp_path)
    with pytest.raises(ValueError, match="no block of code follows"):
        apply('<!-- apply: before "a" in file -->\nc\n', tmp_path)
    assert (tmp_path / "file").read_text() == "a b b\n"


def test_blocks_are_applied_in_order(tmp_path):
    (tmp_path / "file").write_text("a b b\n")
    before = '<!-- apply: before "a" in file -->\n```cpp\nc\n```\n'
    instead = '<!-- apply: instead of "c" in file -->\n```\nd\n```\n'
    assert apply(before + instead, tmp_path) == 2
    assert (tmp_path / "file").read_text() == "d\n\na b b\n"


def test_every_file_that_the_page_names_exists():
    spans = re.findall(r"`([\w<>./-]+)`", FENCED.sub("", PAGE))
    named = {span for span in spans if "/" in span or re.search(r"\.(h|cpp|py|txt)$", span)}
    assert "tests/math/laws_test.cpp" in named and "<room>/torch/ops.cpp" in named
    for name in named:
        path = name.replace("<room>", "sorting")
        assert any((at / path).exists() for at in (ROOT, ROOT / "pliant", ROOT / "pliant/sorting")), name


def test_every_symbol_that_the_page_names_exists():
    """Outside of the blocks that are applied, and but for the names that its examples make up."""
    rest = COMMENT.sub("", PAGE)
    code = [block for _, block in FENCED.findall(rest)] + re.findall(r"`([^`]+)`", FENCED.sub("", rest))
    symbols = set(re.findall(r"[A-Za-z_]\w{2,}", " ".join(code)))
    symbols -= {s for s in symbols if "rank" in s} | {"algebraic", "insertion", "name_backward", "topk"}
    assert {"Symmetric", "neg_log_sf", "define_op", "pliant_room", "network_names", "FITS"} <= symbols
    tops = ("pliant", "python", "tools", "cmake", "cli", "tests/logic", "tests/math", "tests/sorting")
    files = (file for top in tops for file in (ROOT / top).rglob("*"))
    sources = (f.read_text() for f in files if f.suffix in (".h", ".cpp", ".py", ".txt", ".cmake"))
    words = {word for text in sources for word in re.findall(r"\w+", text)}
    missing = {s for s in symbols if s not in words and not any(w.endswith(s) for w in words if s[0] == "_")}
    assert missing == set()
