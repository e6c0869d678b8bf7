"""What is asked of every application, and which answers are right.

A scenario makes the request with a given number, and judges the answer to it. Numbers never
repeat within a process, and wherever a real site's requests differ, so do these: a cache of
whole answers would not help.
"""

# ruff: noqa: ARG002  (a scenario's methods get the number whether or not it matters to them)

from __future__ import annotations

import gzip
import json
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "SCENARIOS",
    "STATIC_FILES",
    "Scenario",
    "order",
    "page",
    "summary",
    "write_static_files",
]

# What Firefox sends when a link is followed, with the cookies of an ordinary site.
BROWSER = (
    "Host: 127.0.0.1:8080\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en-GB,en;q=0.7,de;q=0.3\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Referer: http://127.0.0.1:8080/start?visit={number}\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: theme=dark; visitor=v{number}{cookie}\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Priority: u=0, i"
)

STATIC_FILES = 16
STATIC_SIZE = 16_384
UPLOAD_SIZE = 65_536

# Of pictures, which are compressed, any byte is as likely as any other.
_PIXELS = Random(64).randbytes(UPLOAD_SIZE)


class Scenario:
    """One kind of request: GET of `/` unless a subclass says otherwise.

    Attributes:
        name: what the command line and the table call it.
        summary: one line for the table's legend.
    """

    name = "hello"
    summary = "`GET /`, a constant text"
    status = "200"

    def target(self, number: int) -> str:
        """Return path and query of the request."""
        return "/"

    def body(self, number: int) -> tuple[str, bytes]:
        """Return media type and bytes of the request's body; no bytes: a GET."""
        return "", b""

    def request(self, number: int, cookie: str = "") -> tuple[bytes, bytes]:
        """Return head (without the final blank line) and body."""
        media_type, body = self.body(number)
        head = f"{'POST' if body else 'GET'} {self.target(number)} HTTP/1.1\r\n"
        head += BROWSER.format(number=number, cookie=f"; {cookie}" if cookie else "")
        if body:
            head += f"\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}"
        return head.encode("latin-1"), body

    def is_right(self, number: int, body: bytes) -> bool:
        """Judge the body of an answer."""
        return body == b"Hello, world!"

    def are_right(self, headers: Mapping[str, str]) -> bool:
        """Judge the headers of an answer; names in lower case."""
        return headers["content-type"].startswith("text/html")


class JsonParams(Scenario):
    """Parameters in path and query."""

    name = "json_params"
    summary = "`GET /users/NAME?q=TEXT&n=NUMBER`, the three as JSON"

    def target(self, number: int) -> str:
        return f"/users/user{number}?q={quote(f'größe {number}')}&n={number}"

    def is_right(self, number: int, body: bytes) -> bool:
        wanted = {"name": f"user{number}", "q": f"größe {number}", "n": number}
        return bool(json.loads(body) == wanted)

    def are_right(self, headers: Mapping[str, str]) -> bool:
        return headers["content-type"].startswith("application/json")


class SixLevels(Scenario):
    """A path of six fixed names and a parameter."""

    name = "six_level"
    summary = "`GET /a/b/c/d/e/f/ITEM`, a text with the item"

    def target(self, number: int) -> str:
        return f"/a/b/c/d/e/f/item{number}"

    def is_right(self, number: int, body: bytes) -> bool:
        return body == f"You asked for item{number}".encode()


class Form(Scenario):
    """A submitted HTML form."""

    name = "form"
    summary = "`POST /form`, five urlencoded fields, a text with two of them"

    def body(self, number: int) -> tuple[str, bytes]:
        fields = {
            "name": f"Zoë Müller {number}",
            "email": f"zoe{number}@example.org",
            "street": "12 Harbour Road",
            "city": "Kiel",
            "comment": "Please ring twice & leave it at the door, if nobody answers.",
        }
        return "application/x-www-form-urlencoded", urlencode(fields).encode("ascii")

    def target(self, number: int) -> str:
        return "/form"

    def is_right(self, number: int, body: bytes) -> bool:
        return body == f"Thank you, Zoë Müller {number} from Kiel".encode()


class Multipart(Scenario):
    """A form with an upload, as browsers send it."""

    name = "multipart"
    summary = "`POST /upload`, three fields and a file of 64 KiB, a text with all of them"

    def body(self, number: int) -> tuple[str, bytes]:
        boundary = f"----WebKitFormBoundary{number:016}"
        parts = [
            f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in (
                ("name", f"Zoë Müller {number}"),
                ("city", "Kiel"),
                ("comment", "The harbour, at dawn."),
            )
        ]
        parts.append(
            f'Content-Disposition: form-data; name="photo"; filename="photo{number}.jpg"\r\n'
            "Content-Type: image/jpeg\r\n\r\n".encode()
            + _upload(number)
            + b"\r\n"
        )
        delimiter = f"--{boundary}".encode()
        body = b"".join(delimiter + b"\r\n" + part for part in parts) + delimiter + b"--\r\n"
        return f"multipart/form-data; boundary={boundary}", body

    def target(self, number: int) -> str:
        return "/upload"

    def is_right(self, number: int, body: bytes) -> bool:
        photo = summary(_upload(number))
        wanted = f"Zoë Müller {number}, Kiel: The harbour, at dawn. photo{number}.jpg, {photo}"
        return body == wanted.encode()


class JsonBody(Scenario):
    """A JSON document in, a JSON document out."""

    name = "json_body"
    summary = "`POST /order`, a document of 2.6 KB, its number of lines and total as JSON"

    def body(self, number: int) -> tuple[str, bytes]:
        return "application/json", json.dumps(order(number)).encode("ascii")

    def target(self, number: int) -> str:
        return "/order"

    def is_right(self, number: int, body: bytes) -> bool:
        lines = order(number)["lines"]
        total = sum(line["quantity"] * line["cents"] for line in lines)
        return bool(json.loads(body) == {"order": number, "lines": len(lines), "total": total})

    def are_right(self, headers: Mapping[str, str]) -> bool:
        return headers["content-type"].startswith("application/json")


class NotFound(Scenario):
    """An address that does not exist."""

    name = "not_found"
    summary = "`GET /nowhere/NUMBER`, the framework's own 404 page"
    status = "404"

    def target(self, number: int) -> str:
        return f"/nowhere/{number}"

    def is_right(self, number: int, body: bytes) -> bool:
        return bool(body)

    def are_right(self, headers: Mapping[str, str]) -> bool:
        return True


class RamSession(Scenario):
    """A counter in the visitor's session; twenty visitors take turns."""

    name = "ram_session"
    summary = "`GET /count`, reads and writes a session in memory (Flask: its cookie)"

    def target(self, number: int) -> str:
        return "/count"

    def is_right(self, number: int, body: bytes) -> bool:
        # Not 1: that was the answer to the visitor's very first request.
        return int(body) > 1

    def are_right(self, headers: Mapping[str, str]) -> bool:
        return True


class Static(Scenario):
    """A file from the disk; several of them, so that no single one stays open."""

    name = "static_16k"
    summary = "`GET /static/NAME.txt`, a file of 16 KiB"

    def target(self, number: int) -> str:
        return f"/static/{number % STATIC_FILES}.txt"

    def is_right(self, number: int, body: bytes) -> bool:
        return body == _static_content(number % STATIC_FILES)

    def are_right(self, headers: Mapping[str, str]) -> bool:
        return "last-modified" in headers and headers["content-type"].startswith("text/plain")


class GzipEtag(Scenario):
    """Three response tools at work on one page."""

    name = "gzip_etag"
    summary = "`GET /page/NUMBER`, 4 KB of HTML compressed, with an ETag and one more header"

    def target(self, number: int) -> str:
        return f"/page/{number}"

    def is_right(self, number: int, body: bytes) -> bool:
        return gzip.decompress(body) == page(number).encode()

    def are_right(self, headers: Mapping[str, str]) -> bool:
        return (
            headers["content-encoding"] == "gzip"
            and headers["etag"].startswith(('"', 'W/"'))
            and headers["x-frame-options"] == "DENY"
        )


SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario(),
        JsonParams(),
        SixLevels(),
        Form(),
        Multipart(),
        JsonBody(),
        NotFound(),
        RamSession(),
        Static(),
        GzipEtag(),
    )
}


def order(number: int) -> dict[str, Any]:
    """Return a shop's order as one would post it: 2.6 KB of JSON."""
    return {
        "order": number,
        "customer": {
            "name": "Zoë Müller",
            "email": "zoe@example.org",
            "address": {"street": "12 Harbour Road", "city": "Kiel", "country": "DE"},
            "newsletter": False,
        },
        "lines": [
            {
                "sku": f"AX-{number + line:06}",
                "title": f"Stainless screw, assorted sizes, bag number {line}",
                "quantity": line % 5 + 1,
                "cents": 1995 + line,
                "tags": ["hardware", "in stock"],
                "gift": line % 3 == 0,
                "note": None,
            }
            for line in range(14)
        ],
        "placed": "2026-03-01T12:30:00Z",
    }


def page(number: int) -> str:
    """Return 4 KB of HTML that differs from number to number."""
    rows = "".join(
        f"<tr><td>{row}</td><td>The entry {number + row} of a table</td></tr>\n"
        for row in range(70)
    )
    return f"<!doctype html>\n<title>Page {number}</title>\n<table>\n{rows}</table>\n"


def summary(photo: bytes) -> str:
    """Return what an application tells of an uploaded file once it has read it."""
    return f"{len(photo)} bytes, {photo[:8].hex()}...{photo[-8:].hex()}"


def write_static_files(directory: Path) -> None:
    """Make the files for the static scenario where they are missing."""
    directory.mkdir(parents=True, exist_ok=True)
    for number in range(STATIC_FILES):
        file = directory / f"{number}.txt"
        if not file.exists():
            file.write_bytes(_static_content(number))


def _upload(number: int) -> bytes:
    """Return the bytes of a picture, which look like random ones and are never the same."""
    begin = Random(number).randbytes(64)
    return begin + _PIXELS[: UPLOAD_SIZE - 128] + begin[::-1]


def _static_content(number: int) -> bytes:
    line = f"This is file number {number:02}, and so says each of its lines.\n".encode()
    return (line * (STATIC_SIZE // len(line) + 1))[:STATIC_SIZE]
