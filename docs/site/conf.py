# docs/site/conf.py — Sphinx's settings for the site; docs/site/build.py lays out what it reads
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))

project = "Pliant"
extensions = ["myst_parser", "breathe", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}

# Anchors as Git hosts make them, so that one link serves both.
myst_heading_anchors = 4
myst_enable_extensions = []

breathe_projects = {"pliant": str(ROOT / "build/site/doxygen/xml")}
breathe_default_project = "pliant"
primary_domain = "py"

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False

html_theme = "furo"
html_title = "Pliant"
html_show_sourcelink = False
html_copy_source = False
highlight_language = "none"

# What is not ours has no page here.
nitpick_ignore_regex = [
    (r"py:.*", r".*"),
    (r"cpp:.*", r".*"),
]
