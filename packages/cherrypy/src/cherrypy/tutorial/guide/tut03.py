"""Tutorial 3: a page with a parameter.

What follows the question mark, "/generate?length=16", arrives as keyword arguments. They are
always text, so `length` has to be made a number; a text that is none is the visitor's
mistake, which the status 400 says.
"""

from __future__ import annotations

import random
import string

import cherrypy

__all__ = ["StringGenerator"]

MAX_LENGTH = 1000


class StringGenerator:
    """An application that makes up strings, as long as the visitor likes."""

    @cherrypy.expose
    def index(self) -> str:
        """Answer at "/"."""
        return "Hello world! Visit /generate?length=16 for a string of 16 characters."

    @cherrypy.expose
    def generate(self, length: str = "8") -> str:
        """Answer at "/generate", with or without "?length=16"."""
        with cherrypy.HTTPError.handle(ValueError, 400):
            wanted = int(length)
        # Nobody may keep the server busy by asking for a billion characters.
        wanted = min(wanted, MAX_LENGTH)
        return "".join(random.choices(string.hexdigits, k=wanted))  # noqa: S311


if __name__ == "__main__":
    cherrypy.quickstart(StringGenerator())
