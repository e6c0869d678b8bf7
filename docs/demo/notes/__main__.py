"""Notes: a small application, complete enough to learn from.

    hatch run demo                          (or: python docs/demo/notes --port 8081)

Read it in this order: `pages.py` (objects that answer to URLs), `api.py` (the same notes as
JSON), `notes.conf` (configuration), `access.py` (two tools of our own), `store.py` (SQLite,
nothing about the web) and `views.py` (HTML).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import access
import api
import pages
from store import NoteStore

import cherrypy

HERE = Path(__file__).resolve().parent


def build(data: Path) -> cherrypy.Application:
    """Return the application, with its notes kept below *data*."""
    data.mkdir(parents=True, exist_ok=True)
    store = NoteStore(data / "notes.sqlite")
    root = pages.Notes(store)
    root.api = api.Api(store)
    app = cherrypy.tree.mount(root, "", str(HERE / "notes.conf"))
    app.toolboxes["notes"] = access.toolbox
    # What depends on where we are cannot be in the file.
    app.merge({"/static": {"tools.staticdir.root": str(HERE)}})
    return app


def main() -> None:
    """Serve until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="notes", description="A demo application: notes.")
    parser.add_argument("--host", default="127.0.0.1", help="address (default %(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="port; 0 for any free one")
    parser.add_argument(
        "--data", type=Path, default=Path("demo-data"), help="where notes are kept"
    )
    options = parser.parse_args()

    cherrypy.config.update(str(HERE / "notes.conf"))
    cherrypy.config.update(
        {"server.socket_host": options.host, "server.socket_port": options.port}
    )
    build(options.data)
    cherrypy.engine.signals.subscribe()
    cherrypy.engine.start()
    print(f"Notes is at {cherrypy.server.base()}/ - log in as demo, password demo.", flush=True)
    cherrypy.engine.block()


if __name__ == "__main__":
    main()
