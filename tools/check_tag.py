"""Check that a tag names a package's release as the tree has it, and print the package.

    python tools/check_tag.py wspbus-v0.2.0

The tag is the directory below packages/, `-v`, and the version in that package's
`__about__.py`; its CHANGELOG.md has a section for the version, and no fragment is left over.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def complaint(tag: str) -> str | None:
    """Say what is wrong with the tag; None if nothing is."""
    name, _, version = tag.rpartition("-v")
    package = ROOT / "packages" / name
    if not name or not (package / "pyproject.toml").exists():
        return f"tag {tag}: wanted PACKAGE-vX.Y.Z with a directory packages/PACKAGE"
    (about,) = package.glob("src/*/__about__.py")
    if f'__version__ = "{version}"\n' not in about.read_text(encoding="utf-8"):
        return f"tag {tag}: the version in {about.relative_to(ROOT)} is another one"
    changes = (package / "CHANGELOG.md").read_text(encoding="utf-8")
    if not re.search(rf"^## {re.escape(version)}\b", changes, re.MULTILINE):
        return f"tag {tag}: packages/{name}/CHANGELOG.md has no section for {version}"
    if any((package / "changelog.d").glob("*.md")):
        return f"tag {tag}: packages/{name}/changelog.d holds fragments, run towncrier first"
    return None


def main(tag: str) -> None:
    """Print the package's directory name, or exit with 1."""
    problem = complaint(tag)
    if problem:
        sys.exit(problem)
    print(tag.rpartition("-v")[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
