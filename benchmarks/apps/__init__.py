"""The same application in each framework, as its own documentation would write it.

Each module has `build(static)`, which returns the WSGI application (*static* is the directory
of the static files), and `LACKS`, the names of the scenarios that it does not serve. Where
sessions are a middleware, `with_sessions(app)` adds them, for the session scenario alone.
"""
