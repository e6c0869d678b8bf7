"""The application in Bottle, with Beaker for the sessions as its manual advises."""

from __future__ import annotations

from typing import Any

import bottle
from beaker.middleware import SessionMiddleware
from bottle import request
from scenarios import summary

LACKS = frozenset({"gzip_etag"})


def hello() -> str:
    """Say hello."""
    return "Hello, world!"


def user(name: str) -> dict[str, Any]:
    """Answer with the parameters."""
    return {"name": name, "q": request.query.getunicode("q"), "n": int(request.query["n"])}


def item(item: str) -> str:
    """Answer with what was asked for."""
    return f"You asked for {item}"


def form() -> str:
    """Thank for a form."""
    fields = request.forms
    return f"Thank you, {fields.getunicode('name')} from {fields.getunicode('city')}"


def upload() -> str:
    """Describe an uploaded file."""
    fields = request.forms
    photo = request.files["photo"]
    name, city, comment = (fields.getunicode(field) for field in ("name", "city", "comment"))
    return f"{name}, {city}: {comment} {photo.filename}, {summary(photo.file.read())}"


def order() -> dict[str, Any]:
    """Add up an order."""
    order = request.json
    lines = order["lines"]
    total = sum(line["quantity"] * line["cents"] for line in lines)
    return {"order": order["order"], "lines": len(lines), "total": total}


def count() -> str:
    """Count this visitor's visits."""
    session = request.environ["beaker.session"]
    session["visits"] = session.get("visits", 0) + 1
    return str(session["visits"])


def build(static: str) -> Any:
    """Return the application."""
    app = bottle.Bottle()
    app.get("/", callback=hello)
    app.get("/users/<name>", callback=user)
    app.get("/a/b/c/d/e/f/<item>", callback=item)
    app.post("/form", callback=form)
    app.post("/upload", callback=upload)
    app.post("/order", callback=order)
    app.get("/count", callback=count)
    app.get("/static/<path:path>", callback=lambda path: bottle.static_file(path, root=static))
    return app


def with_sessions(app: bottle.Bottle) -> SessionMiddleware:
    """Return the application inside Beaker, as only the session scenario needs it."""
    return SessionMiddleware(app, {"session.type": "memory", "session.auto": True})
