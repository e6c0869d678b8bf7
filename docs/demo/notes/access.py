"""Who may do what: passwords, and two tools of our own."""

from __future__ import annotations

import hashlib
import hmac
import secrets

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


@toolbox.register("before_handler", priority=10)
def plain_fields(except_for: str = "attachment") -> None:
    """Refuse fields that come more than once, or as a file where text belongs.

    Without it, pages would get a list or an upload where they expect text.
    """
    for name, value in cherrypy.request.params.items():
        if name != except_for and not isinstance(value, str):
            raise cherrypy.HTTPError(400, "Send each field once, as text.")


@toolbox.register("on_start_resource", priority=10)
def same_origin() -> None:
    """Refuse what another site makes a browser send here."""
    request = cherrypy.request
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    if site not in {"same-origin", "none"} or (
        origin and origin.partition("://")[2] != request.base.partition("://")[2]
    ):
        raise cherrypy.HTTPError(403, "That came from another site.")
