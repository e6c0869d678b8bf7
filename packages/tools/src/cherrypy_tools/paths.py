"""From the path of a URL to the path of a file, and never out of the directory.

Pure functions on text: nothing here looks at a file system.
"""

from __future__ import annotations

import os
import re

__all__ = ["resolve"]

# What Windows takes for a device wherever it stands, whatever follows a dot in its name.
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\xb9\xb2\xb3])[ ]*(?:[.:].*)?",
    re.IGNORECASE | re.DOTALL,
)

# Windows refuses them, or has a use of its own for them: ":" names a stream or a drive,
# the others are wildcards or redirections.
_NOT_ON_WINDOWS = re.compile(r'[:*?"<>|\x00-\x1f]')


def resolve(root: str, relative: str, windows: bool = os.name == "nt") -> str | None:
    """Return the path of the file that *relative* names below *root*.

    Refused are, in any place: `..` and `.` (it would name a file by a second path, for
    which the configuration of the first does not count), backslashes and NUL; on Windows
    also drives, UNC paths, streams (`file.txt::$DATA`), names of devices (`aux.txt`), and
    names that end with a dot or a space, which Windows takes for the name without it.

    Args:
        root: an absolute path.
        relative: separated by slashes; percent-decoded exactly once, by whoever took it
            from the URL: what looks quoted here is the name of a file.
        windows: whether it is for a Windows file system.

    Returns:
        None, if it is refused. A slash at the end of *relative* is kept.
    """
    if "\\" in relative or "\0" in relative:
        return None
    relative = relative.lstrip("/")
    # PERF: most names have a dot in the middle; only those that begin with one are split.
    if (relative[:1] == "." or "/." in relative) and not _has_no_dots(relative):
        return None
    if windows and not _is_safe_on_windows(relative):
        return None
    if root[-1:] == "/" or (windows and root[-1:] == "\\"):
        return root + relative
    return f"{root}/{relative}"


def _has_no_dots(relative: str) -> bool:
    return not any(name in {".", ".."} for name in relative.split("/"))


def _is_safe_on_windows(relative: str) -> bool:
    if _NOT_ON_WINDOWS.search(relative):
        return False
    return not any(
        name[-1:] in {".", " "} or _DEVICE.fullmatch(name) for name in relative.split("/")
    )
