# docs/site/conf.py — Sphinx's settings for the site; docs/site/build.py lays out what it reads
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))

project = "Pliant"
extensions = ["myst_parser", "breathe", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}

myst_heading_anchors = 4  # as Git hosts make them, so that one link serves both

breathe_projects = {"pliant": str(ROOT / "build/site/doxygen/xml")}
breathe_default_project = "pliant"

autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
default_role = "literal"  # docstrings have code between single backticks

html_theme = "furo"
html_title = "Pliant"
html_static_path = [str(Path(__file__).parent / "static")]
html_css_files = ["wide.css"]
html_show_sourcelink = False
html_copy_source = False
highlight_language = "none"

# What is not ours has no page here; what is must resolve.
nitpick_ignore_regex = [(r"py:.*", r"(?!pliant\.).*"), (r"cpp:.*", r"(?!pliant::).*")]
# Types of results and arguments that no user writes.
nitpick_ignore_regex += [
    (r"py:class", r"pliant\.(\w+\.)*_\w+(\.\w+)*"),
    (r"py:class", r"pliant\.render\.(rasterise\.(VisibleFaces|Image|ClippedMesh)|camera\._Shape)"),
    (r"py:class", r"pliant\.(program_trace\.Trace|metrics\.RankingCounts|logic\.Parametrization)"),
]
suppress_warnings = [
    "ref.python",
    "misc.highlighting_failure",
]  # attributes of one name; … in sketches of code


def escape_bars(app, what, name, thing, options, lines):
    """Docstrings are plain text, where |D| is a size and * a product: no markup of reStructuredText."""
    if what == "property" and lines:
        lines[0] = lines[0].replace(": ", " – ", 1)  # a colon would name the type
    for i, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            lines[i] = re.sub(r"([|*])", r"\\\1", line)


def setup(app):
    app.connect("autodoc-process-docstring", escape_bars, priority=400)
