"""Tutorial 2: a second page.

A path is looked up like an attribute: "/generate" is the method `generate`. Methods that are
not exposed, here `_random_text`, have no path at all.
"""

from __future__ import annotations

import random
import string

import cherrypy

__all__ = ["StringGenerator"]


class StringGenerator:
    """An application that makes up strings."""

    @cherrypy.expose
    def index(self) -> str:
        """Answer at "/"."""
        return "Hello world! Visit /generate for a string that nobody has seen before."

    @cherrypy.expose
    def generate(self) -> str:
        """Answer at "/generate"."""
        return self._random_text(8)

    def _random_text(self, length: int) -> str:
        # For fun, not for passwords: those take the module `secrets`.
        return "".join(random.choices(string.hexdigits, k=length))  # noqa: S311


if __name__ == "__main__":
    cherrypy.quickstart(StringGenerator())
