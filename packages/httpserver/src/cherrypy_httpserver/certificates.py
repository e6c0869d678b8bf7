"""Certificates: where they come from, and how the environ describes them (as Apache's mod_ssl)."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import tempfile
from typing import TYPE_CHECKING, NamedTuple

from cherrypy_httpserver.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    Source = str | bytes | os.PathLike[str]
    Password = str | bytes | Callable[[], str | bytes] | None

__all__ = ["Files", "Identity", "identities", "pem_file", "variables"]

_SHORT = {
    "commonName": "CN",
    "countryName": "C",
    "domainComponent": "DC",
    "emailAddress": "Email",
    "givenName": "G",
    "localityName": "L",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "stateOrProvinceName": "ST",
    "surname": "S",
    "userId": "UID",
}

# The other names that are told of: those that say who somebody is.
_ALTERNATIVE = {"DNS": "DNS", "email": "Email", "IP Address": "IP", "URI": "URI"}


class Files(NamedTuple):
    """Paths that hold for a moment: where the libraries may read from."""

    certificate: str
    key: str
    chain: str | None


class Identity(NamedTuple):
    """A certificate with its key: paths of PEM files, or PEM itself as `str` or `bytes`."""

    certificate: Any
    key: Any = None
    """None if it is with the certificate."""

    chain: Any = None
    """The intermediate certificates, if they are not with the certificate."""

    @contextlib.contextmanager
    def files(self) -> Iterator[Files]:
        """Have all of it in files, for as long as the block lasts."""
        with contextlib.ExitStack() as stack:
            enter = stack.enter_context
            certificate = enter(pem_file(self.certificate))
            if self.chain is not None:
                text = _read(self.certificate) + b"\n" + _read(self.chain)
                chain = enter(pem_file(text))
            else:
                chain = None
            key = certificate if self.key is None else enter(pem_file(self.key))
            yield Files(certificate, key, chain)


def identities(mapping: Mapping[str, Any] | None) -> dict[str, Identity]:
    """Return what `server.ssl_sni` says: for each name an `Identity`.

    Raises:
        SettingError: if a value is no certificate, or pair of certificate and key.
    """
    found = {}
    for name, value in (mapping or {}).items():
        parts = (value,) if isinstance(value, (str, bytes, os.PathLike)) else tuple(value)
        if not 1 <= len(parts) <= 3:  # noqa: PLR2004  # certificate, key, chain
            raise SettingError(
                f"server.ssl_sni[{name!r}] must be (certificate, key) or (certificate, key, chain)"
            )
        found[name.lower()] = Identity(*parts)
    return found


def chosen(found: Mapping[str, Any], name: str | None) -> Any:
    """Return what there is for a host's name, or for its "*.domain"; None without."""
    if not name:
        return None
    name = name.lower()
    return found.get(name) or found.get("*." + name.partition(".")[2])


def is_pem(source: Any) -> bool:
    """Tell whether `source` is PEM itself, and not the path of a file."""
    mark: Any = b"-----BEGIN " if isinstance(source, bytes) else "-----BEGIN "
    return isinstance(source, (str, bytes)) and mark in source


def _read(source: Any) -> bytes:
    if is_pem(source):
        return source.encode() if isinstance(source, str) else bytes(source)
    with open(source, "rb") as file:  # noqa: PTH123  # text, bytes or a Path
        return file.read()


@contextlib.contextmanager
def pem_file(source: Any) -> Iterator[str]:
    """Give the path of `source`; what is PEM itself is put into a file for that long.

    The libraries read files only. On Linux such a file is in memory, elsewhere it is readable by
    this user only.
    """
    if not is_pem(source):
        yield os.fsdecode(source)
        return
    data = _read(source)
    if hasattr(os, "memfd_create") and os.path.exists("/proc/self/fd"):  # noqa: PTH110  # text
        number = os.memfd_create("pem")
        try:
            os.write(number, data)
            yield f"/proc/self/fd/{number}"
        finally:
            os.close(number)
        return
    number, path = tempfile.mkstemp()
    try:
        os.write(number, data)
        os.close(number)
        yield path
    finally:
        os.unlink(path)  # noqa: PTH108  # text


def variables(prefix: str, certificate: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables that describe a certificate.

    Args:
        prefix: "SSL_CLIENT" or "SSL_SERVER".
        certificate: as `ssl.SSLSocket.getpeercert()` returns it; empty if there is none.
    """
    found = {
        f"{prefix}_{name}": str(certificate[key])
        for name, key in (
            ("M_VERSION", "version"),
            ("M_SERIAL", "serialNumber"),
            ("V_START", "notBefore"),
            ("V_END", "notAfter"),
        )
        if key in certificate
    }
    for letter, key in (("S", "subject"), ("I", "issuer")):
        parts = [pair for group in certificate.get(key, ()) for pair in group]
        if parts:
            found |= _name_variables(f"{prefix}_{letter}_DN", parts)
    counts: dict[str, int] = {}
    for kind, value in certificate.get("subjectAltName", ()):
        short = _ALTERNATIVE.get(kind)
        if short is None:
            continue
        count = counts.get(short, 0)
        counts[short] = count + 1
        found[f"{prefix}_SAN_{short}_{count}"] = _address(value) if short == "IP" else value
    return found


def _address(text: str) -> str:
    """Return an IP address as everybody writes it; OpenSSL has "0:0:0:0:0:0:0:1" for "::1"."""
    try:
        return ipaddress.ip_address(text.strip()).compressed
    except ValueError:
        return text


def _name_variables(prefix: str, parts: list[tuple[str, str]]) -> dict[str, str]:
    """Return a distinguished name as a whole, "/O=Example/CN=site", and each of its parts."""
    short = [(_SHORT.get(key, key), value) for key, value in parts]
    found = {prefix: "".join(f"/{key}={value}" for key, value in short)}
    for key, value in short:
        found.setdefault(f"{prefix}_{key}", value)
    return found
