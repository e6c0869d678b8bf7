"""Write docs/settings.md, the table of every configuration key, from the code.

    python tools/settings_page.py           write the page
    python tools/settings_page.py --check   exit with 1 if it is not what the code says

Names and defaults come from the objects that a configuration acts on, the meanings from
their docstrings.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import cherrypy
from cherrypy_core.config import environments
from cherrypy_core.entity import RequestBody
from cherrypy_core.hooks import hookpoints
from cherrypy_core.logs import LogManager
from cherrypy_httpserver.server import SETTINGS, Server
from cherrypy_site.config import SiteConfig
from cherrypy_site.settings import LOG, REQUEST, RESPONSE
from cherrypy_tools.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"

HEAD = """\
# All settings

<!-- Written by tools/settings_page.py. Change the docstrings instead, and run that. -->

Every key of the [configuration](configuration.md), with its default and what it does. What
begins with `engine`, `server`, `checker` and `tree` is for the global configuration only; `log`
also for the section `/` of an application, `wsgi` for that alone; all others hold for any path.

`None` means: not set.
"""

TOOLS_HEAD = """\
Each has `tools.NAME.priority` too, which moves it within its hook point, and most have
`tools.NAME.debug`, which logs what they do.
"""

#: Settings whose docstring is elsewhere, or that are no attribute of anything.
WORDS = {
    "request.dispatch": "the dispatcher for this path; in the section of an application only",
    "request.uri_encoding": "the charset of paths and query strings, where it is not UTF-8",
    "request.query_string_encoding": "the charset of the query string's percent-decoded bytes",
    "request.methods_with_bodies": "the methods whose bodies are read",
    "request.process_request_body": "whether the body is parsed at all",
    "server.bind_addr": "host and port, or the path of a Unix socket, in one",
    "server.socket_host": "the address to listen on; `0.0.0.0` and `::` are all of the machine",
    "server.wsgi_version": "the version of WSGI that the gateway speaks",
    "server.httpserver": "an HTTP server to use instead of the one made from the settings",
    "checker.extra_config_namespaces": "namespaces that are not to be reported as unknown",
    "checker.on": "whether the configuration is checked when the engine starts",
    "log.access_log_format": "the line of the access log, see [logging](logging.md)",
    "response.status": "the status, unless the page sets one",
    "response.timeout": "seconds that a response may take (`engine.timeout_monitor`)",
    "response.stream": "send the body as it is produced, instead of collecting it first",
}


class Row(NamedTuple):
    """A line of a table."""

    key: str
    default: Any
    meaning: str


class Word(str):
    """A default that is shown as it is."""

    __slots__ = ()


#: Defaults that show themselves badly.
DEFAULTS = {
    "request.dispatch": Word("`cherrypy.dispatch.Dispatcher()`"),
    "request.error_response": Word("`cherrypy.HTTPError(500).set_response`"),
    "request.throws": Word("`KeyboardInterrupt`, `SystemExit`, `cherrypy.InternalRedirect`"),
}


def section(doc: str | None, *titles: str) -> dict[str, str]:
    """Return name to description from the sections of a docstring in Google's style."""
    found: dict[str, str] = {}
    inside, name = False, ""
    for line in inspect.cleandoc(doc or "").splitlines():
        if line and not line.startswith(" "):
            inside, name = line.rstrip(":") in titles, ""
        elif inside and line.startswith("    ") and not line.startswith("     "):
            names, _, text = line.strip().partition(": ")
            name = names
            found[name] = text
        elif inside and name:
            found[name] += " " + line.strip()
    return {one: text for names, text in found.items() for one in names.split(", ")}


def attribute_docs(owner: type) -> dict[str, str]:
    """Return name to the text that stands below an assignment in the body of a class."""
    source = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
    found, name = {}, ""
    for node in getattr(source, "body", []):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and name:
            found[name] = str(node.value.value)
            name = ""
        else:
            name = ""
    return found


def meanings(owner: type) -> dict[str, str]:
    """Return name to description of the attributes of a class and its bases."""
    found: dict[str, str] = {}
    for base in reversed(owner.__mro__[:-1]):
        found |= section(base.__doc__, "Args", "Attributes")
        if base.__module__.startswith("cherrypy"):
            found |= attribute_docs(base)
        for name, value in vars(base).items():
            if isinstance(value, property) and value.__doc__:
                found[name] = value.__doc__
    return found


def first_sentences(text: str) -> str:
    """Return a description on one line, without what follows an empty line."""
    text = " ".join(inspect.cleandoc(text).split("\n\n")[0].split())
    return text.rstrip(".").replace("|", "\\|")


def shown(default: Any) -> str:
    """Return how a default is written in a table."""
    if isinstance(default, Word) or default is inspect.Parameter.empty:
        return str(default) if isinstance(default, Word) else "(required)"
    if callable(default):
        return f"`{default.__module__}.{getattr(default, '__qualname__', '?')}`".replace("|", "")
    return f"`{default!r}`".replace("|", "\\|")


def rows_of(namespace: str, names: Iterable[str], owner: Any, kind: type) -> Iterator[Row]:
    """Yield a row for each attribute."""
    known = meanings(kind)
    for name in sorted(names):
        key = f"{namespace}.{name}"
        meaning = WORDS.get(key) or known.get(name)
        if not meaning:
            raise SystemExit(f"{key} has no description in the docstrings of {kind.__name__}")
        yield Row(key, DEFAULTS.get(key) or getattr(owner, name, None), meaning)


def engine_rows() -> Iterator[Row]:
    """Yield the settings of the engine and its plugins."""
    site = cherrypy.site
    for name, plugin in sorted(vars(site.bus).items()):
        if name.startswith("_") or not hasattr(plugin, "subscribe"):
            continue
        listens = {"start", "acquire_thread", "before_request"} & {
            channel
            for channel, listeners in site.bus.listeners.items()
            for listener in listeners
            if getattr(listener, "__self__", None) is plugin
        }
        doc = inspect.getdoc(type(plugin)) or ""
        yield Row(f"engine.{name}.on", bool(listens), doc.split("\n\n")[0])
        known = meanings(type(plugin))
        for attribute in sorted(known):
            value = getattr(plugin, attribute, None)
            if isinstance(value, (bool, int, float, str, set)):
                yield Row(f"engine.{name}.{attribute}", value, known[attribute])
    yield Row("engine.SIGTERM", Word("`engine.exit`"), "listeners of the signal, None for none")
    yield Row("engine.SIGHUP", Word("restart, or exit"), "listeners of the signal, None for none")
    yield Row("engine.NAME", None, "any attribute of the engine")


def checker_rows() -> Iterator[Row]:
    """Yield the checks."""
    checker = cherrypy.checker
    yield Row("checker.on", checker.on, WORDS["checker.on"])
    for name in dir(checker):
        if name.startswith("check_"):
            yield Row(f"checker.{name}", True, inspect.getdoc(getattr(checker, name)) or "")
    key = "checker.extra_config_namespaces"
    yield Row(key, checker.extra_config_namespaces, WORDS[key])


def body_rows() -> Iterator[Row]:
    """Yield the settings of the bodies of requests."""
    known = meanings(RequestBody)
    for name in sorted(known):
        value = getattr(RequestBody, name, inspect)
        # What is None says what a body is, not how it is read.
        setting = isinstance(value, (bool, int, float, str, list, tuple)) or name == "maxbytes"
        if setting and not name.startswith("_"):
            yield Row(f"request.body.{name}", value, known[name])


def tool_rows(name: str, tool: Tool) -> Iterator[Row]:
    """Yield the settings of a tool."""
    function: Any = tool.callable
    options = dict(inspect.signature(function).parameters)
    known = section(inspect.getdoc(function), "Args")
    if isinstance(function, type):
        known |= meanings(function)
        if any(one.kind is one.VAR_KEYWORD for one in options.values()):
            # It takes its attributes as arguments.
            plain = (bool, int, float, str, list, type(None))
            options |= {
                attribute: inspect.Parameter(
                    attribute, inspect.Parameter.KEYWORD_ONLY, default=getattr(function, attribute)
                )
                for attribute in known
                if isinstance(getattr(function, attribute, inspect), plain)
            }
    about = (inspect.getdoc(function) or "").split("\n\n")[0]
    yield Row(f"tools.{name}.on", cherrypy.config.get(f"tools.{name}.on", False), about)
    for option, parameter in options.items():
        hidden = option in {"section", "debug", "on"}
        if not hidden and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            yield Row(f"tools.{name}.{option}", parameter.default, known.get(option, ""))


def table(rows: Iterable[Row]) -> str:
    """Return rows as a table in Markdown."""
    lines = [
        f"| `{row.key}` | {shown(row.default)} | {first_sentences(row.meaning)} |" for row in rows
    ]
    return "\n".join(["| key | default | meaning |", "| --- | --- | --- |", *lines, ""])


def page() -> str:
    """Return the text of the page."""
    request = cherrypy.site.request_class
    tools = {
        name: tool for name, tool in sorted(vars(cherrypy.tools).items()) if isinstance(tool, Tool)
    }
    words = [
        Row("environment", None, f"one of {', '.join(sorted(environments))}, or your own"),
        Row("tree.PATH", None, "mounts an object, or grafts a WSGI callable, at the path"),
    ]
    patterns = [
        Row("error_page.STATUS", None, "the page for a status: a template's path or a callable"),
        Row("error_page.default", None, "the page for all other errors"),
        *(Row(f"hooks.{point}", None, "attaches a hook to this point") for point in hookpoints),
    ]
    wsgi = [
        Row("wsgi.pipeline", None, "more middleware: a list of pairs of a name and a factory"),
        Row("wsgi.response_class", Word("`AppResponse`"), "what serves a request"),
        Row("wsgi.NAME.ARGUMENT", None, "a keyword argument of the middleware of that name"),
    ]
    further = [
        Row("server.on", True, "whether the server starts with the engine"),
        Row("server.NAME.SETTING", None, "a setting of a further server, made by its first entry"),
    ]
    headers = Row("response.headers.NAME", None, "a header field of the response")
    parts = [
        HEAD,
        "## Global\n",
        table(words),
        "## engine\n",
        table(engine_rows()),
        "## server\n",
        table([*rows_of("server", SETTINGS, Server(), Server), *further]),
        "## checker\n",
        table(checker_rows()),
        "## log\n",
        table(rows_of("log", LOG, cherrypy.log, LogManager)),
        "## wsgi\n",
        table(wsgi),
        "## request\n",
        table([*rows_of("request", REQUEST, request, request), *body_rows()]),
        "## response\n",
        table([*rows_of("response", RESPONSE, cherrypy.response, cherrypy_response()), headers]),
        "## error_page and hooks\n",
        table(patterns),
        "## tools\n",
        TOOLS_HEAD,
        table(row for name, tool in tools.items() for row in tool_rows(name, tool)),
    ]
    return "\n".join(parts)


def cherrypy_response() -> type:
    """Return the class of responses."""
    return cherrypy.tree.make_application(None, "").response_class


def main(*arguments: str) -> None:
    """Write the page, or compare it with what is there."""
    # Defaults, not what somebody has configured.
    assert dict(cherrypy.config) == SiteConfig.defaults, cherrypy.config
    text = page()
    if "--check" not in arguments:
        PAGE.write_text(text, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != text:
        sys.exit("docs/settings.md is out of date: run python tools/settings_page.py")


if __name__ == "__main__":
    main(*sys.argv[1:])
