"""Notes and their attachments, kept in SQLite. Knows nothing of the web."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = """
create table if not exists note (
    id integer primary key, title text not null, text text not null, modified text not null);
create table if not exists attachment (
    id integer primary key, note integer not null references note on delete cascade,
    name text not null, type text not null, content blob not null);
"""


class Attachment(NamedTuple):
    """A file that belongs to a note."""

    id: int
    name: str
    type: str
    size: int


class Note(NamedTuple):
    """A note."""

    id: int
    title: str
    text: str
    modified: str


class NoteStore:
    """All notes, in the database file *path*.

    Every call opens a connection of its own: SQLite wants one per thread, and opening is
    cheap. A method that is asked for a note that does not exist raises `LookupError`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._connect() as db:
            db.executescript("pragma journal_mode = wal;" + SCHEMA)

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=10)) as db:
            db.execute("pragma foreign_keys = on")
            with db:
                yield db

    def all(self, search: str = "") -> list[Note]:
        """Return the notes that contain *search*, the latest first."""
        with self._connect() as db:
            rows = db.execute(
                "select id, title, text, modified from note"
                " where instr(lower(title || ' ' || text), lower(?))"
                " order by modified desc, id desc",
                [search],
            )
            return [Note(*row) for row in rows]

    def get(self, note_id: int) -> Note:
        """Return one note."""
        with self._connect() as db:
            return Note(
                *self._one(db, "select id, title, text, modified from note where id = ?", note_id)
            )

    def add(self, title: str, text: str) -> Note:
        """Keep a new note and return it."""
        with self._connect() as db:
            row = db.execute(
                "insert into note (title, text, modified) values (?, ?, ?)", [title, text, _now()]
            )
        return self.get(row.lastrowid or 0)

    def change(self, note_id: int, title: str, text: str) -> Note:
        """Replace title and text of a note and return it."""
        self.get(note_id)
        with self._connect() as db:
            db.execute(
                "update note set title = ?, text = ?, modified = ? where id = ?",
                [title, text, _now(), note_id],
            )
        return self.get(note_id)

    def remove(self, note_id: int) -> None:
        """Forget a note and its attachments."""
        self.get(note_id)
        with self._connect() as db:
            db.execute("delete from note where id = ?", [note_id])

    def attachments(self, note_id: int) -> list[Attachment]:
        """Return what is attached to a note."""
        with self._connect() as db:
            rows = db.execute(
                "select id, name, type, length(content) from attachment"
                " where note = ? order by id",
                [note_id],
            )
            return [Attachment(*row) for row in rows]

    def attach(self, note_id: int, name: str, kind: str, content: bytes) -> None:
        """Attach a file to a note."""
        self.get(note_id)
        with self._connect() as db:
            db.execute(
                "insert into attachment (note, name, type, content) values (?, ?, ?, ?)",
                [note_id, name, kind, content],
            )

    def read(self, note_id: int, attachment_id: int) -> tuple[str, str, bytes]:
        """Return name, media type and content of an attachment."""
        with self._connect() as db:
            name, kind, content = self._one(
                db,
                "select name, type, content from attachment where id = ? and note = ?",
                attachment_id,
                note_id,
            )
        return name, kind, content

    @staticmethod
    def _one(db: sqlite3.Connection, query: str, *values: int) -> tuple[Any, ...]:
        # A number that SQLite cannot hold is the number of nothing.
        if all(0 < value < 2**63 for value in values):
            row = db.execute(query, values).fetchone()
            if row is not None:
                return tuple(row)
        raise LookupError("There is no such note or attachment.")


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")
