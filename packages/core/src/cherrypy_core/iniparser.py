"""The parser of config files, apart from `cherrypy_core.configfile` as it is slow to import."""

from __future__ import annotations

import configparser
import os
import re

from cherrypy_core.configfile import ConfigFileError
from cherrypy_core.unrepr import UnreprError, unrepr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, MutableMapping
    from typing import Any

__all__ = ["Parser"]


class _TolerantInterpolation(configparser.BasicInterpolation):
    """Replaces `%(name)s` by another option, as ever; a value where that fails is kept.

    So a log format, `"%(h)s %(t)s"`, or `"100%"` need no doubled percent signs.
    """

    def before_get(
        self,
        parser: MutableMapping[str, Mapping[str, str]],
        section: str,  # noqa: ARG002
        option: str,  # noqa: ARG002
        value: str,
        defaults: Mapping[str, str],
    ) -> str:
        # The base class takes quadratic time for a long value with many percent signs.
        if "%" not in value:
            return value
        try:
            return self._expand(parser.optionxform, value, defaults, 1)  # type: ignore[attr-defined]
        except LookupError:
            return value

    def _expand(
        self,
        optionxform: Callable[[str], str],
        value: str,
        options: Mapping[str, str],
        depth: int,
    ) -> str:
        """Replace what is between percent signs.

        Raises:
            LookupError: something there is not the name of an option, or is its own value.
        """
        if depth > configparser.MAX_INTERPOLATION_DEPTH:
            raise LookupError(value)

        def replace(match: re.Match[str]) -> str:
            if match[0] == "%%":
                return "%"
            if not match[1]:
                raise LookupError(match[0])
            found = options[optionxform(match[1])]
            if "%" in found:
                return self._expand(optionxform, found, options, depth + 1)
            return found

        return re.sub(r"%(?:%|\(([^)]+)\)s)?", replace, value)

    def before_set(
        self,
        parser: MutableMapping[str, Mapping[str, str]],  # noqa: ARG002
        section: str,  # noqa: ARG002
        option: str,  # noqa: ARG002
        value: str,
    ) -> str:
        return value


class Parser(configparser.ConfigParser):
    """A parser of INI files whose values are Python expressions (see `unrepr`).

    The case of keys is kept. A file that cannot be read is an error.
    """

    _DEFAULT_INTERPOLATION = _TolerantInterpolation()

    def optionxform(self, optionstr: str) -> str:
        """Return *optionstr* as it is: keys are case-sensitive."""
        return optionstr

    def read(self, filenames: Any, encoding: str | None = "utf-8-sig") -> list[str]:  # type: ignore[override]
        """Read one file or several.

        Raises:
            OSError: a file cannot be read.
            ValueError: `ConfigFileError`, it is not an INI file.
        """
        if isinstance(filenames, (str, bytes, os.PathLike)):
            filenames = [filenames]
        names = []
        for filename in filenames:
            name = os.fsdecode(filename)
            with open(filename, encoding=encoding) as file:  # noqa: PTH123  (PathLike or not)
                self._read_lines(file, name)
            names.append(name)
        return names

    def _read_lines(self, lines: Iterable[str], name: str) -> None:
        try:
            self.read_file(lines, name)
        except configparser.Error as error:
            raise ConfigFileError(f"{error} (in the config file {name!r})") from error
        except UnicodeDecodeError as error:
            raise ConfigFileError(f"The config file {name!r} is not in UTF-8: {error}") from error
        self._source = name

    _source = "<none>"

    def as_dict(self, raw: bool = False, vars: Any = None) -> dict[str, dict[str, Any]]:  # noqa: A002
        """Return what was read: a dict of values by key, by section.

        Args:
            raw: do not replace `%(name)s`.
            vars: further names for that.

        Raises:
            ValueError: `ConfigFileError`, a value is not valid; the message names file,
                section and key.
        """
        result: dict[str, dict[str, Any]] = {}
        for section in self.sections():
            values = result[section] = {}
            for option in self.options(section):
                text = self.get(section, option, raw=raw, vars=vars)
                try:
                    values[option] = unrepr(text)
                except UnreprError as error:
                    raise ConfigFileError(
                        f"Config error in file {self._source!r}, section {section!r}, option "
                        f"{option!r}. Config values must be valid Python, but {error}"
                    ) from error
        return result

    def dict_from_file(self, file: Any) -> dict[str, dict[str, Any]]:
        """Return what is in a file: `as_dict` after reading it.

        Args:
            file: a name or path, or an open file (text, or bytes in UTF-8).

        Raises:
            OSError: the file cannot be read.
            ValueError: as `as_dict`.
        """
        if hasattr(file, "read"):
            name = str(getattr(file, "name", "<???>"))
            data = file.read()
            if isinstance(data, bytes):
                try:
                    data = data.decode("utf-8-sig")
                except UnicodeDecodeError as error:
                    raise ConfigFileError(
                        f"The config file {name!r} is not in UTF-8: {error}"
                    ) from error
            self._read_lines(data.splitlines(keepends=True), name)
        else:
            self.read(file)
        return self.as_dict()

    @classmethod
    def load(cls, input: Any) -> dict[str, Any]:  # noqa: A002
        """Return a dict from a dict (a copy), a file name or an open file."""
        from cherrypy_core.configfile import as_dict  # noqa: PLC0415  (it imports us)

        return as_dict(input, cls)
