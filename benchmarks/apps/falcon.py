"""The application in Falcon."""

from __future__ import annotations

import falcon
from scenarios import summary

# It has no sessions and leaves compression to others.
LACKS = frozenset({"ram_session", "gzip_etag"})


class Hello:
    """`GET /`."""

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """Say hello."""
        resp.content_type = falcon.MEDIA_HTML
        resp.text = "Hello, world!"


class User:
    """`GET /users/NAME`."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        """Answer with the parameters."""
        resp.media = {"name": name, "q": req.get_param("q"), "n": req.get_param_as_int("n")}


class Item:
    """`GET /a/b/c/d/e/f/ITEM`."""

    def on_get(self, _req: falcon.Request, resp: falcon.Response, item: str) -> None:
        """Answer with what was asked for."""
        resp.content_type = falcon.MEDIA_HTML
        resp.text = f"You asked for {item}"


class Form:
    """`POST /form`."""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Thank for a form."""
        form = req.get_media()
        resp.content_type = falcon.MEDIA_HTML
        resp.text = f"Thank you, {form['name']} from {form['city']}"


class Upload:
    """`POST /upload`."""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Describe an uploaded file."""
        fields: dict[str, str] = {}
        name = about = ""
        for part in req.get_media():
            if part.filename:
                name, about = part.filename, summary(part.stream.read())
            else:
                fields[part.name] = part.text
        resp.content_type = falcon.MEDIA_HTML
        resp.text = f"{fields['name']}, {fields['city']}: {fields['comment']} {name}, {about}"


class Order:
    """`POST /order`."""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Add up an order."""
        order = req.get_media()
        lines = order["lines"]
        total = sum(line["quantity"] * line["cents"] for line in lines)
        resp.media = {"order": order["order"], "lines": len(lines), "total": total}


def build(static: str) -> falcon.App:
    """Return the application."""
    app = falcon.App()
    app.add_route("/", Hello())
    app.add_route("/users/{name}", User())
    app.add_route("/a/b/c/d/e/f/{item}", Item())
    app.add_route("/form", Form())
    app.add_route("/upload", Upload())
    app.add_route("/order", Order())
    app.add_static_route("/static", static)
    return app
