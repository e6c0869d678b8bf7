"""The pages: each method answers the URL that its place in the tree of objects gives it."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import access
import views

import cherrypy
from cherrypy.lib.static import serve_fileobj

if TYPE_CHECKING:
    from store import Note, NoteStore


class Notes:
    """`/`: all notes, and the way in and out."""

    api: Any = None

    def __init__(self, store: NoteStore) -> None:
        self.store = store
        self.note = NotePages(store)

    @cherrypy.expose
    def index(self, search: str = "") -> str:
        """Show the notes that contain *search*."""
        return views.overview(self.store.all(search), search, access.current_user())

    @cherrypy.expose
    @cherrypy.tools.allow(methods=["POST"])
    @cherrypy.config(**{"notes.login.on": True})
    def add(self, title: str, text: str, attachment: Any = None) -> None:
        """Keep a new note, and go to its page."""
        note = self.store.add(_filled(title), text)
        self.note.keep(note.id, attachment)
        raise cherrypy.HTTPRedirect(f"/note/{note.id}/")

    @cherrypy.expose
    def login(self, name: str = "", password: str = "") -> str:
        """Ask who it is; remember it in the session."""
        if cherrypy.request.method == "POST":
            if access.check_password(name, password):
                # A new session id: nobody can have planted the old one.
                cherrypy.session.regenerate()
                cherrypy.session["user"] = name
                raise cherrypy.HTTPRedirect("/")
            cherrypy.response.status = 403
            return views.login(name, "This name and this password do not belong together.")
        return views.login(name)

    @cherrypy.expose
    @cherrypy.tools.allow(methods=["POST"])
    def logout(self) -> None:
        """Forget who it is."""
        cherrypy.session.clear()
        cherrypy.session.regenerate()
        raise cherrypy.HTTPRedirect("/")


@cherrypy.popargs("note_id")
class NotePages:
    """`/note/ID/...`: one note."""

    def __init__(self, store: NoteStore) -> None:
        self.store = store

    def find(self, note_id: str) -> Note:
        """Return the note that part of a URL means."""
        with cherrypy.HTTPError.handle((LookupError, ValueError), 404, "There is none."):
            return self.store.get(int(note_id))

    def keep(self, note_id: int, upload: Any) -> None:
        """Attach an uploaded file, if one was chosen."""
        # A form without a file sends the field all the same, with an empty name.
        if upload is not None and getattr(upload, "filename", None):
            content = upload.file.read() if upload.file else upload.fullvalue().encode()
            kind = str(upload.content_type.value)
            self.store.attach(note_id, upload.filename, kind, content)

    @cherrypy.expose
    def index(self, note_id: str) -> str:
        """Show the note."""
        note = self.find(note_id)
        return views.note(note, self.store.attachments(note.id), access.current_user())

    @cherrypy.expose
    @cherrypy.tools.allow(methods=["POST"])
    @cherrypy.config(**{"notes.login.on": True})
    def change(self, note_id: str, title: str, text: str, attachment: Any = None) -> None:
        """Change the note, attach another file to it."""
        note = self.find(note_id)
        self.store.change(note.id, _filled(title), text)
        self.keep(note.id, attachment)
        raise cherrypy.HTTPRedirect(f"/note/{note.id}/")

    @cherrypy.expose
    @cherrypy.tools.allow(methods=["POST"])
    @cherrypy.config(**{"notes.login.on": True})
    def remove(self, note_id: str) -> None:
        """Forget the note."""
        self.store.remove(self.find(note_id).id)
        raise cherrypy.HTTPRedirect("/")

    @cherrypy.expose
    def attachment(self, attachment_id: str, note_id: str) -> Any:
        """Send an attached file, as a download: what users upload is never shown as a page.

        `/note/1/attachment/2`: popargs has taken the 1, what is left of the path comes first.
        """
        note = self.find(note_id)
        with cherrypy.HTTPError.handle((LookupError, ValueError), 404, "There is none."):
            name, kind, content = self.store.read(note.id, int(attachment_id))
        return serve_fileobj(BytesIO(content), kind, "attachment", name)


def _filled(title: str) -> str:
    if not isinstance(title, str) or not title.strip():
        raise cherrypy.HTTPError(400, "A note needs a title.")
    return title.strip()
