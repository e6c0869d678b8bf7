"""What a connection reads from and writes to: a socket as it is, or TLS on top of it.

The front needs four methods, none of which may ever wait: `recv(size)` and `send(data)`, which
raise `BlockingIOError` if nothing can be done now, `fileno()` and `close()`. A plain socket that
does not block has them. TLS has more to tell, see `SecureTransport`.
"""

from __future__ import annotations

import contextlib
import functools
import socket as sockets
import ssl
from typing import TYPE_CHECKING, Protocol

from cherrypy_httpserver.poller import READ, WRITE

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any

__all__ = ["BuiltinTransport", "SecureTransport", "encryption"]


class SecureTransport(Protocol):
    """A TLS connection over a socket that does not block; an adapter makes it.

    An adapter of `server.ssl_adapter` may have a method `transport(sock)` that returns such an
    object; without one `BuiltinTransport` is made on its `context`.
    """

    wants: int
    """What the last call that raised BlockingIOError waits for, `READ` or `WRITE`."""

    @property
    def socket(self) -> sockets.socket:
        """The socket below, for what TLS has no part in: closing a side, peeking, options."""

    def handshake(self) -> None:
        """Go on with the handshake.

        Raises:
            BlockingIOError: if it has to wait, see `wants`.
            OSError: if there will be no connection; ssl.SSLError is one.
        """

    def environ(self) -> dict[str, Any]:
        """Return what TLS adds to the environ of each request, after the handshake."""

    def recv(self, size: int) -> bytes:
        """Return at most `size` bytes, b"" at the end; raises as `handshake` does."""

    def send(self, data: bytes | memoryview) -> int:
        """Send some of `data` and return how much; raises as `handshake` does."""

    def pending(self) -> int:
        """Return how many bytes can be read although the socket is not ready."""

    def close_notify(self) -> None:
        """Tell the other side that nothing more is sent, as far as that needs no waiting."""

    def fileno(self) -> int:
        """Return the socket's descriptor."""

    def close(self) -> None:
        """Close the socket."""


class _Socket(ssl.SSLSocket):
    """A socket whose plain side can be reached, too: `ssl` leaves no other object to do so."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Decrypt and return what has arrived; with flags, what has arrived as it is."""
        return sockets.socket.recv(self, buflen, flags) if flags else super().recv(buflen)

    def shutdown(self, how: int) -> None:
        """Close one side; what still arrives is decrypted as before."""
        sockets.socket.shutdown(self, how)


class BuiltinTransport:
    """TLS by Python's `ssl`.

    Args:
        adapter: an adapter with `context` and `get_environ(socket)`.
        sock: the accepted socket, which is not blocking; it is taken over.
    """

    def __init__(self, adapter: Any, sock: socket.socket) -> None:
        self._adapter = adapter
        self.wants = READ
        # Read once: another thread may replace it.
        context = adapter.context
        context.sslsocket_class = _Socket
        self.socket: ssl.SSLSocket = context.wrap_socket(
            sock, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=True
        )
        self.fileno = self.socket.fileno
        self.pending = self.socket.pending
        self.close = self.socket.close

    def handshake(self) -> None:
        """See `SecureTransport`."""
        self._do(self.socket.do_handshake)

    def environ(self) -> dict[str, Any]:
        """See `SecureTransport`."""
        found: dict[str, Any] = self._adapter.get_environ(self.socket)
        return found

    def recv(self, size: int) -> bytes:
        """See `SecureTransport`."""
        data: bytes = self._do(self.socket.recv, size)
        return data

    def send(self, data: bytes | memoryview) -> int:
        """See `SecureTransport`."""
        count: int = self._do(self.socket.send, data)
        return count

    def close_notify(self) -> None:
        """See `SecureTransport`."""
        with contextlib.suppress(OSError, ValueError):
            self.socket.unwrap()

    def _do(self, method: Any, *arguments: Any) -> Any:
        try:
            return method(*arguments)
        except ssl.SSLWantReadError:
            self.wants = READ
        except ssl.SSLWantWriteError:
            self.wants = WRITE
        except ssl.SSLError as error:
            raise OSError(str(error)) from error
        raise BlockingIOError


def encryption(adapter: Any) -> Callable[[socket.socket], SecureTransport]:
    """Return what makes a TLS connection of an accepted socket, as `adapter` would have it."""
    make: Callable[[socket.socket], SecureTransport] | None = getattr(adapter, "transport", None)
    return functools.partial(BuiltinTransport, adapter) if make is None else make
