# python/pliant/compat/__init__.py — published packages by their own names, on our kernels
"""`from pliant.compat import diffsort`, or a script untouched: `python -m pliant.compat SCRIPT ARGS`."""

# Package → the module that has its names, defaults and return values.
PACKAGES = {
    name: f"pliant.compat.{name}"
    for name in ("algovision", "difflogic", "diffsort", "difftopk", "gendr", "isaac")
}
