"""Configuration from wherever it is: a dict, a file's name or an open file.

`Parser`, which reads the files, is imported on first use.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_core.iniparser import Parser

__all__ = ["ConfigFileError", "Parser", "as_dict"]


class ConfigFileError(ValueError):
    """A config file has an error. The message names the file, the section and the key."""


def __getattr__(name: str) -> Any:
    if name == "Parser":
        from cherrypy_core.iniparser import Parser  # noqa: PLC0415  (slow to import)

        globals()["Parser"] = Parser
        return Parser
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def as_dict(config: Any, parser: type[Parser] | None = None) -> dict[str, Any]:
    """Return configuration as a dict: a shallow copy of one, or what a file has.

    Args:
        config: a dict, a file name or path, or an open file. In a file, values are
            Python expressions; the dict is one of sections then.
        parser: the class that reads files; None for `Parser`.

    Raises:
        OSError: the file cannot be read.
        ValueError: `ConfigFileError`, the file has an error.
        TypeError: *config* is none of these.
    """
    if isinstance(config, (str, bytes, os.PathLike)) or hasattr(config, "read"):
        if parser is None:
            from cherrypy_core.iniparser import Parser  # noqa: PLC0415  (slow to import)

            parser = Parser
        return parser().dict_from_file(config)
    try:
        return dict(config)
    except (TypeError, ValueError):
        raise TypeError(
            f"Configuration must be a dict, a file name or an open file, not {config!r}."
        ) from None
