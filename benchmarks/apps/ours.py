"""The application in this repository's CherryPy."""

from __future__ import annotations

from typing import Any

from scenarios import page, summary

import cherrypy

LACKS: frozenset[str] = frozenset()


class Node:
    """A step on the way of the six-level path."""


class Leaf:
    """The last step."""

    @cherrypy.expose
    def f(self, item: str) -> str:
        """Answer with what was asked for."""
        return f"You asked for {item}"


class Root:
    """One page handler for each scenario."""

    def __init__(self) -> None:
        self.a = Node()
        self.a.b = Node()  # type: ignore[attr-defined]
        self.a.b.c = Node()  # type: ignore[attr-defined]
        self.a.b.c.d = Node()  # type: ignore[attr-defined]
        self.a.b.c.d.e = Leaf()  # type: ignore[attr-defined]

    @cherrypy.expose
    def index(self) -> str:
        """Say hello."""
        return "Hello, world!"

    @cherrypy.expose
    @cherrypy.tools.json_out()
    def users(self, name: str, q: str, n: str) -> dict[str, Any]:
        """Answer with the parameters."""
        return {"name": name, "q": q, "n": int(n)}

    @cherrypy.expose
    def form(self, name: str, city: str, **_others: str) -> str:
        """Thank for a form."""
        return f"Thank you, {name} from {city}"

    @cherrypy.expose
    def upload(self, name: str, city: str, comment: str, photo: Any) -> str:
        """Describe an uploaded file."""
        about = summary(photo.file.read())
        return f"{name}, {city}: {comment} {photo.filename}, {about}"

    @cherrypy.expose
    @cherrypy.tools.json_in()
    @cherrypy.tools.json_out()
    def order(self) -> dict[str, Any]:
        """Add up an order."""
        order = cherrypy.request.json
        lines = order["lines"]
        total = sum(line["quantity"] * line["cents"] for line in lines)
        return {"order": order["order"], "lines": len(lines), "total": total}

    @cherrypy.expose
    def count(self) -> str:
        """Count this visitor's visits."""
        visits = cherrypy.session.get("visits", 0) + 1
        cherrypy.session["visits"] = visits
        return str(visits)

    @cherrypy.expose
    def page(self, number: str) -> str:
        """Answer with a page worth compressing."""
        return page(int(number))


def build(static: str) -> Any:
    """Return the application."""
    cherrypy.config.update({"log.screen": False})
    settings = {
        "/count": {"tools.sessions.on": True},
        "/page": {
            "tools.etags.on": True,
            "tools.etags.autotags": True,
            "tools.gzip.on": True,
            "tools.response_headers.on": True,
            "tools.response_headers.headers": [("X-Frame-Options", "DENY")],
        },
        "/static": {"tools.staticdir.on": True, "tools.staticdir.dir": static},
    }
    cherrypy.tree.mount(Root(), "", settings)
    return cherrypy.tree
