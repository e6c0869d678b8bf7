"""Tutorial 1: a page.

An application is a Python object. What a visitor may see of it is exposed: the method
`index` answers at the path of the object itself, here "/".
"""

from __future__ import annotations

import cherrypy

__all__ = ["HelloWorld"]


class HelloWorld:
    """An application with one page."""

    @cherrypy.expose
    def index(self) -> str:
        """Answer at "/"."""
        return "Hello world!"


if __name__ == "__main__":
    cherrypy.quickstart(HelloWorld())
