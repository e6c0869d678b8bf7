"""The same notes for programs: a JSON API, dispatched by HTTP method.

GET  /api/notes      all of them          POST   /api/notes      a new one
GET  /api/notes/ID   one of them          PUT    /api/notes/ID   change it
DELETE /api/notes/ID   forget it
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cherrypy

if TYPE_CHECKING:
    from store import Note, NoteStore

LOGGED_IN = {"notes.login.on": True, "notes.login.redirect": False}


def _title_and_text() -> tuple[str, str]:
    """Return what a request body says about a note."""
    data = cherrypy.request.json
    if not isinstance(data, dict) or not all(
        isinstance(data.get(name), str) and data[name].strip() for name in ("title", "text")
    ):
        raise cherrypy.HTTPError(400, "Send an object with a title and a text.")
    # JSON can spell half a character ("\\ud800"), which nothing can store.
    with cherrypy.HTTPError.handle(UnicodeEncodeError, 400):
        (data["title"] + data["text"]).encode()
    return data["title"].strip(), data["text"]


@cherrypy.expose
class Api:
    """`/api`: nothing but the way to the notes."""

    def __init__(self, store: NoteStore) -> None:
        self.notes = Notes(store)

    def GET(self) -> dict[str, str]:
        """Tell where things are."""
        return {"notes": cherrypy.url("/api/notes")}


@cherrypy.expose
class Notes:
    """`/api/notes`: all notes."""

    def __init__(self, store: NoteStore) -> None:
        self.store = store

    def _cp_dispatch(self, vpath: list[str]) -> Any:
        """Go on to the note that the next part of the path numbers."""
        with cherrypy.HTTPError.handle(ValueError, 404, "Notes have numbers."):
            return OneNote(self.store, int(vpath.pop(0)))

    def GET(self, search: str = "") -> list[dict[str, Any]]:
        """Return the notes that contain *search*."""
        return [_as_dict(note) for note in self.store.all(search)]

    @cherrypy.config(**LOGGED_IN)
    @cherrypy.tools.json_in()
    def POST(self) -> dict[str, Any]:
        """Keep a new note."""
        note = self.store.add(*_title_and_text())
        cherrypy.response.status = 201
        cherrypy.response.headers["Location"] = cherrypy.url(f"/api/notes/{note.id}")
        return _as_dict(note)


@cherrypy.expose
class OneNote:
    """`/api/notes/ID`: one note."""

    def __init__(self, store: NoteStore, note_id: int) -> None:
        self.store = store
        self.id = note_id

    def GET(self) -> dict[str, Any]:
        """Return the note."""
        with cherrypy.HTTPError.handle(LookupError, 404):
            return _as_dict(self.store.get(self.id))

    @cherrypy.config(**LOGGED_IN)
    @cherrypy.tools.json_in()
    def PUT(self) -> dict[str, Any]:
        """Change the note."""
        with cherrypy.HTTPError.handle(LookupError, 404):
            return _as_dict(self.store.change(self.id, *_title_and_text()))

    @cherrypy.config(**LOGGED_IN)
    def DELETE(self) -> None:
        """Forget the note."""
        with cherrypy.HTTPError.handle(LookupError, 404):
            self.store.remove(self.id)
        cherrypy.response.status = 204


def _as_dict(note: Note) -> dict[str, Any]:
    return {**note._asdict(), "url": cherrypy.url(f"/api/notes/{note.id}")}
