"""The WSGI application that all servers without a framework serve."""

from __future__ import annotations

import os
import time

BIG = os.environ["BENCHMARK_FILE"]
HELLO = b"Hello, world!"


def hello(environ):
    return "text/plain", HELLO


def upload(environ):
    read = environ["wsgi.input"].read
    length = 0
    while block := read(65536):
        length += len(block)
    return "text/plain", b"%d" % length


def sleep(environ):
    time.sleep(0.05)
    return "text/plain", HELLO


def compute(environ):
    """Keep the interpreter busy for about a second."""
    end = time.thread_time() + 1
    while time.thread_time() < end:
        sum(range(1000))
    return "text/plain", HELLO


PAGES = {"/": hello, "/upload": upload, "/sleep": sleep, "/compute": compute}


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/big":
        fields = [
            ("Content-Type", "application/octet-stream"),
            ("Content-Length", str(os.path.getsize(BIG))),
        ]
        start_response("200 OK", fields)
        file = open(BIG, "rb")
        wrapper = environ.get("wsgi.file_wrapper")
        return wrapper(file, 65536) if wrapper else iter(lambda: file.read(65536), b"")
    kind, body = PAGES[path](environ)
    start_response("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]
