"""The media type that goes with a file name."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType
    from typing import Any

__all__ = ["guess"]

#: For files of which nothing is known: a browser saves them, and never runs them.
UNKNOWN = "application/octet-stream"

# What the standard library does not know, or only since lately.
_MORE = {
    ".7z": "application/x-7z-compressed",
    ".avif": "image/avif",
    ".bz2": "application/x-bzip2",
    ".dwg": "image/x-dwg",
    ".gz": "application/x-gzip",
    ".ico": "image/x-icon",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".otf": "font/otf",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xz": "application/x-xz",
    ".zst": "application/zstd",
}

_mimetypes: ModuleType | None = None


def _load() -> ModuleType:
    """Return the `mimetypes` module, which has read the system's types."""
    global _mimetypes  # noqa: PLW0603  (made on first use, like any constant)
    import mimetypes  # noqa: PLC0415  (slow to import, not every application's need)

    if not mimetypes.inited:
        # Reading them overrides what an application has changed before. What that is shows
        # by comparison with a module that nobody has touched.
        before = dict(mimetypes.types_map)
        untouched = _fresh_copy("mimetypes").types_map
        mimetypes.init()
        for extension, media_type in before.items():
            if untouched.get(extension) != media_type:
                mimetypes.types_map[extension] = media_type
    _mimetypes = mimetypes
    return mimetypes


def _fresh_copy(name: str) -> Any:
    """Return the module *name*, executed once more, without replacing the one in use."""
    from importlib.util import find_spec, module_from_spec  # noqa: PLC0415

    spec = find_spec(name)
    if spec is None or spec.loader is None:
        raise ImportError(f"there is no module {name!r} that could be executed")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def guess(path: str, content_types: Mapping[str, str] | None = None) -> str:
    """Return the media type for a file, by the extension of its name.

    What an application has put into `mimetypes.types_map`, at whatever time, counts.

    Args:
        path: the file's name; case does not matter.
        content_types: extension without dot to media type, for those that are to differ.
    """
    dot = path.rfind(".")
    extension = path[dot:] if dot > path.rfind("/") else ""
    if content_types:
        own = content_types.get(extension[1:]) or content_types.get(extension[1:].lower())
        if own is not None:
            return own
    extension = extension.lower()
    types: dict[str, str] = (_mimetypes or _load()).types_map
    return types.get(extension) or _MORE.get(extension) or UNKNOWN
