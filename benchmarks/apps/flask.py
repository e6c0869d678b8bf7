"""The application in Flask, with its own sessions: a signed cookie, nothing in memory."""

from __future__ import annotations

from typing import Any

from flask import Flask, request, session
from scenarios import summary

LACKS = frozenset({"gzip_etag"})


def hello() -> str:
    """Say hello."""
    return "Hello, world!"


def user(name: str) -> dict[str, Any]:
    """Answer with the parameters."""
    return {"name": name, "q": request.args["q"], "n": int(request.args["n"])}


def item(item: str) -> str:
    """Answer with what was asked for."""
    return f"You asked for {item}"


def form() -> str:
    """Thank for a form."""
    return f"Thank you, {request.form['name']} from {request.form['city']}"


def upload() -> str:
    """Describe an uploaded file."""
    fields = request.form
    photo = request.files["photo"]
    about = f"{photo.filename}, {summary(photo.read())}"
    return f"{fields['name']}, {fields['city']}: {fields['comment']} {about}"


def order() -> dict[str, Any]:
    """Add up an order."""
    order = request.get_json()
    lines = order["lines"]
    total = sum(line["quantity"] * line["cents"] for line in lines)
    return {"order": order["order"], "lines": len(lines), "total": total}


def count() -> str:
    """Count this visitor's visits."""
    session["visits"] = session.get("visits", 0) + 1
    return str(session["visits"])


def build(static: str) -> Flask:
    """Return the application."""
    app = Flask(__name__, static_folder=static, static_url_path="/static")
    app.secret_key = "for a benchmark"
    app.get("/")(hello)
    app.get("/users/<name>")(user)
    app.get("/a/b/c/d/e/f/<item>")(item)
    app.post("/form")(form)
    app.post("/upload")(upload)
    app.post("/order")(order)
    app.get("/count")(count)
    return app
