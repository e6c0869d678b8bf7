"""Who may do what: passwords, and two tools of our own."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

import cherrypy

ROUNDS = 100_000

#: Our tools have a config namespace of their own: `notes.login.on = True`.
toolbox = cherrypy._cptools.Toolbox("notes")


def hash_password(password: str, salt: str | None = None) -> str:
    """Return what may be kept of *password*: `salt$hash`."""
    salt = salt or secrets.token_hex(8)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), ROUNDS)
    return f"{salt}${digest.hex()}"


def check_password(name: str, password: str) -> bool:
    """Tell whether *name* is a user with that password."""
    kept = cherrypy.request.app.config["users"].get(name, "unknown$")
    salt = kept.partition("$")[0]
    # The work is the same for a name that does not exist: the time tells nothing.
    return hmac.compare_digest(hash_password(password, salt), kept)


def current_user() -> str | None:
    """Return the name of who is logged in."""
    return cherrypy.session.get("user")


@toolbox.register("before_handler", priority=20)
def login(redirect: bool = True) -> None:
    """Let nobody in who is not logged in."""
    if current_user() is not None:
        return
    if redirect:
        raise cherrypy.HTTPRedirect(cherrypy.url("/login"))
    raise cherrypy.HTTPError(401, "Log in first.")


@toolbox.register("on_start_resource", priority=10)
def same_origin() -> None:
    """Refuse what another site makes a browser send here."""
    request = cherrypy.request
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    if site not in {"same-origin", "none"} or (
        origin and urlsplit(origin).netloc != urlsplit(request.base).netloc
    ):
        raise cherrypy.HTTPError(403, "That came from another site.")
