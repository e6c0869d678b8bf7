"""The tutorials of the manual: each adds one thing to the one before it.

Run one by `python -m cherrypy.tutorial.guide.tut01`, visit http://127.0.0.1:8080/, and end it
by Ctrl-C.
"""

from __future__ import annotations

__all__: list[str] = []
