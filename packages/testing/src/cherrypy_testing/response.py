"""What a test gets to see of a response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cherrypy_testing.cookiejar import parse_set_cookie

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Headers", "Response"]


class Headers(Mapping[str, str]):
    """Header fields: a mapping whose names may be written in any case.

    A name that was sent several times has all its values, joined by commas
    (RFC 9110 section 5.3); of Set-Cookie, which cannot be joined, it has the first.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.pairs = list(pairs)

    def get_all(self, name: str) -> list[str]:
        """Return every value of *name*, in the order of their sending."""
        wanted = name.lower()
        return [value for known, value in self.pairs if known.lower() == wanted]

    def __getitem__(self, name: str) -> str:
        values = self.get_all(name)
        if not values:
            raise KeyError(name)
        return values[0] if name.lower() == "set-cookie" else ", ".join(values)

    def __iter__(self) -> Iterator[str]:
        return iter({name.lower(): name for name, _ in self.pairs}.values())

    def __len__(self) -> int:
        return len({name.lower() for name, _ in self.pairs})

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.get_all(name))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.pairs!r})"


class Response:
    """A response.

    Attributes:
        status: such as "200 OK".
        status_code: such as 200.
        headers: the header fields.
        body: the body, as bytes.
        url: what was asked for, in the end.
        method: how.
        history: the redirects that led here.
    """

    def __init__(
        self,
        status: str,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        *,
        url: str,
        method: str,
    ) -> None:
        self.status = status
        self.status_code = int(status.split(" ", 1)[0])
        self.headers = Headers(headers)
        self.body = body
        self.url = url
        self.method = method
        self.history: list[Response] = []

    @property
    def charset(self) -> str:
        """The charset that the Content-Type names; UTF-8 if it names none."""
        for parameter in self.headers.get("Content-Type", "").split(";")[1:]:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset":
                return value.strip().strip('"')
        return "utf-8"

    @property
    def text(self) -> str:
        """The body as text.

        Raises:
            LookupError: Python does not know the charset.
            UnicodeDecodeError: the body is not in it.
        """
        return self.body.decode(self.charset)

    def json(self) -> Any:
        """Return what the body means, read as JSON.

        Raises:
            ValueError: it is no JSON.
        """
        from json import loads  # noqa: PLC0415  (not everybody's need)

        return loads(self.body)

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that this response sets: name to value."""
        return dict(parse_set_cookie(value) for value in self.headers.get_all("Set-Cookie"))

    @property
    def ok(self) -> bool:
        """Whether the status is neither one of the client's nor of the server's errors."""
        return self.status_code < 400  # noqa: PLR2004  (RFC 9110 section 15)

    def __repr__(self) -> str:
        return f"<Response {self.method} {self.url}: {self.status}, {len(self.body)} bytes>"
