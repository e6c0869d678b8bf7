"""Objects that are named as text: `package.module.Class` and `module:application`."""

from __future__ import annotations

import importlib

from cherrypy_httpserver.errors import LoadError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_COROUTINE = 0x80  # inspect.CO_COROUTINE, whose import can wait

__all__ = ["import_failure", "load_application", "load_attribute", "load_module", "load_object"]


def load_module(name: str) -> ModuleType:
    """Import the module `name`.

    Raises:
        LoadError: if it cannot be imported, for whatever reason; the message is one line with
            the cause and, if the module's own code failed, the line where it did.
    """
    try:
        return importlib.import_module(name)
    except Exception as error:  # a module may raise anything
        raise LoadError(import_failure(name, error)) from error


def load_attribute(dotted: str) -> Any:
    """Return the object with the dotted name `dotted`, such as `package.module.Class`.

    Raises:
        LoadError: if there is no such module or no such attribute.
    """
    module_name, _, attribute = dotted.rpartition(".")
    if not module_name or not attribute:
        raise LoadError(f"{dotted!r} is not a dotted name like 'package.module.Class'")
    return _member(load_module(module_name), attribute)


def load_application(name: str) -> Any:
    """Return the WSGI application named `module:application`.

    What follows the colon may be dotted: an attribute of an object in the module.

    Raises:
        LoadError: if there is no colon, no such module, no such object, or it is not callable
            as WSGI wants it.
    """
    found = load_object(name)
    if not callable(found):
        kind = type(found).__name__
        raise LoadError(f"{name!r} is not a WSGI application: a {kind} cannot be called")
    if _is_asynchronous(found) or _is_asynchronous(type(found).__call__):
        # Every request would fail, and nobody would know why.
        raise LoadError(f"{name!r} is an ASGI application: this server serves those of WSGI")
    return found


def _is_asynchronous(function: Any) -> bool:
    code = getattr(function, "__code__", None)
    return code is not None and bool(code.co_flags & _COROUTINE)


def load_object(name: str) -> Any:
    """Return the object named `module:object`, whatever it is.

    What follows the colon may be dotted: an attribute of an object in the module.

    Raises:
        LoadError: if there is no colon, no such module or no such object.
    """
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute:
        raise LoadError(f"{name!r} does not name a WSGI application: write MODULE:APPLICATION")
    found: Any = load_module(module_name)
    for part in attribute.split("."):
        found = _member(found, part)
    return found


def _member(owner: Any, name: str) -> Any:
    try:
        return getattr(owner, name)
    except AttributeError as error:
        label = getattr(owner, "__name__", type(owner).__name__)
        raise LoadError(f"{label!r} has no attribute {name!r}") from error


def import_failure(name: str, error: Exception) -> str:
    """Describe in one line why the import of the module `name` failed.

    The line has the cause and, if code failed, its file and line number.
    """
    text = " ".join(str(error).split())
    cause = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return f"cannot import {name!r}: {cause}{_place(name, error)}"


def _place(name: str, error: Exception) -> str:
    """Return where imported code failed, "" if that is known anyhow or there was none."""
    if isinstance(error, SyntaxError):
        # Its text has the file and the line.
        return ""
    if isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}."):
        return ""
    frame = error.__traceback__
    place = ""
    while frame is not None:
        filename = frame.tb_frame.f_code.co_filename
        if not filename.startswith("<frozen"):
            place = f" ({filename}, line {frame.tb_lineno})"
        frame = frame.tb_next
    return place
