"""`python -m cherrypy`: the same as the command `cherryd`."""

from __future__ import annotations

import sys

from cherryd.command import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main())
