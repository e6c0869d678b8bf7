"""Check that each package changed since a commit says so to its users.

    python tools/check_fragments.py BASE

A package whose code or metadata differs from the commit BASE needs a change in its
changelog.d/, or in its CHANGELOG.md when it has just been released. A change that no user
can notice is the exception: put `no changelog` into a commit message then.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOT_NEEDED = "no changelog"


def git(*arguments: str) -> str:
    """Return what git prints."""
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return done.stdout


def silent_packages(paths: list[str]) -> list[str]:
    """Return the packages that *paths* change without a word in their change log."""
    changed, told = set(), set()
    for path in paths:
        parts = Path(path).parts
        if parts[0] != "packages":
            continue
        if parts[2] in ("src", "pyproject.toml"):
            changed.add(parts[1])
        elif parts[2] in ("changelog.d", "CHANGELOG.md"):
            told.add(parts[1])
    return sorted(changed - told)


def main(base: str) -> None:
    """Exit with 1 and the names of silent packages if there are any."""
    if NOT_NEEDED in git("log", "--format=%B", f"{base}..HEAD"):
        return
    silent = silent_packages(git("diff", "--name-only", f"{base}...HEAD").splitlines())
    if silent:
        sys.exit("no fragment in " + ", ".join(f"packages/{name}/changelog.d" for name in silent))


if __name__ == "__main__":
    main(*sys.argv[1:])
