"""Sphinx settings."""

import sys

project = "CherryPy"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "CherryPy"

# Headings can be linked to, as in `[the bus](bus.md#channels)`.
myst_heading_anchors = 3
myst_enable_extensions = ["deflist"]

# No intersphinx: its inventories are downloads, and the build must work without any. So
# names of the standard library stay without a link.
_STANDARD = "|".join(sorted(sys.stdlib_module_names))
nitpick_ignore_regex = [("py:.*", rf"({_STANDARD}|_typeshed)(\..*)?")]
