"""cheroot and nothing else: `bare.py PORT`."""

from __future__ import annotations

import signal
import sys

from cheroot import wsgi
from plain import app

server = wsgi.Server(("127.0.0.1", int(sys.argv[1])), app)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
try:
    server.start()
finally:
    server.stop()
