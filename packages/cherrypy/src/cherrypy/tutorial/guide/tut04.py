"""Tutorial 4: a form.

A form sends its fields as parameters: with `method="get"` in the URL, with `method="post"` in
the body of the request. Page handlers get both in the same way.
"""

from __future__ import annotations

import random
import string

import cherrypy

__all__ = ["StringGenerator"]

MAX_LENGTH = 1000

FORM = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Strings made to measure</title>
  </head>
  <body>
    <form method="get" action="generate">
      <label>Characters: <input type="number" name="length" value="8" min="1" max="1000"></label>
      <button type="submit">Make one</button>
    </form>
  </body>
</html>
"""


class StringGenerator:
    """An application that makes up strings, and a form to ask for them."""

    @cherrypy.expose
    def index(self) -> str:
        """Answer at "/": the form."""
        return FORM

    @cherrypy.expose
    def generate(self, length: str = "8") -> str:
        """Answer at "/generate", where the form leads to."""
        with cherrypy.HTTPError.handle(ValueError, 400):
            wanted = int(length)
        wanted = min(wanted, MAX_LENGTH)
        return "".join(random.choices(string.hexdigits, k=wanted))  # noqa: S311


if __name__ == "__main__":
    cherrypy.quickstart(StringGenerator())
