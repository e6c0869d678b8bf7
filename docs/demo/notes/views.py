"""HTML. Everything that comes from a user goes through `escape`."""

from __future__ import annotations

import json
from datetime import datetime
from html import escape, unescape
from typing import TYPE_CHECKING

import cherrypy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store import Attachment, Note


def page(title: str, body: str, user: str | None = None) -> str:
    """Return a whole page."""
    if user is None:
        who = '<a href="/login">Log in</a>'
    else:
        who = (
            f'<form action="/logout" method="post"><button>Log out {escape(user)}</button></form>'
        )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>{escape(title)}</title>
    <link rel="stylesheet" href="/static/style.css">
</head>
<body>
    <header><a href="/">Notes</a> {who}</header>
    <main>
    <h1>{escape(title)}</h1>
    {body}
    </main>
</body>
</html>
"""


def overview(notes: Sequence[Note], search: str, user: str | None) -> str:
    """Return the page with all notes."""
    items = "\n".join(
        f'<li><a href="/note/{note.id}/">{escape(note.title)}</a> {_when(note.modified)}</li>'
        for note in notes
    )
    form = _form("/add", "", "", "Keep it") if user else "<p>Log in to write notes.</p>"
    return page(
        "Notes",
        f"""<form action="/" role="search">
        <input name="search" value="{escape(search)}" aria-label="Search">
        <button>Search</button>
    </form>
    <ul>{items or "<li>There are none.</li>"}</ul>
    {form}""",
        user,
    )


def note(note: Note, attachments: Sequence[Attachment], user: str | None) -> str:
    """Return the page of one note."""
    files = "\n".join(
        f'<li><a href="/note/{note.id}/attachment/{file.id}">{escape(file.name)}</a>'
        f" ({file.size} bytes)</li>"
        for file in attachments
    )
    form = ""
    if user:
        form = (
            _form(f"/note/{note.id}/change", note.title, note.text, "Change it")
            + f'<form action="/note/{note.id}/remove" method="post">'
            + "<button>Remove it</button></form>"
        )
    return page(
        note.title,
        f"""<pre class="text">{escape(note.text)}</pre>
    <ul class="files">{files}</ul>
    {form}""",
        user,
    )


def _when(moment: str) -> str:
    """Return a time (ISO 8601, UTC) as people like to read it."""
    text = datetime.fromisoformat(moment).strftime("%d %B %Y, %H:%M")
    return f'<time datetime="{moment}">{text}</time>'


def login(name: str, problem: str = "") -> str:
    """Return the page that asks for name and password."""
    return page(
        "Log in",
        f"""<p role="alert">{escape(problem)}</p>
    <form action="/login" method="post">
        <label>Name <input name="name" value="{escape(name)}" autofocus></label>
        <label>Password <input name="password" type="password"></label>
        <button>Log in</button>
    </form>""",
    )


def _form(action: str, title: str, text: str, verb: str) -> str:
    return f"""<form action="{action}" method="post" enctype="multipart/form-data">
        <label>Title <input name="title" value="{escape(title)}" required></label>
        <label>Text <textarea name="text" rows="6">{escape(text)}</textarea></label>
        <label>File <input name="attachment" type="file"></label>
        <button>{verb}</button>
    </form>"""


def error_page(status: str, message: str, **_: str) -> str:
    """Return the page for an error. Both texts come escaped."""
    return page(unescape(status), f'<p role="alert">{message}</p>')


def json_error_page(status: str, message: str, **_: str) -> str:
    """Return the same for programs."""
    cherrypy.response.headers["Content-Type"] = "application/json"
    return json.dumps({"status": int(status[:3]), "message": unescape(message)})
