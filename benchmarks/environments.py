"""The environments of the benchmarks, made with uv under .hatch/ when they are needed.

No environment can hold both this repository's CherryPy and the original, which share a name;
the other frameworks get one together. Ours is installed as users get it, not editable, and
anew whenever a file of a package has changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["FRAMEWORKS", "HOME", "ROOT", "python_for", "python_in"]

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".hatch" / "benchmarks"

# Framework: the environment it is in.
FRAMEWORKS = {
    "ours": "ours",
    "original": "original",
    "falcon": "peers",
    "bottle": "peers",
    "flask": "peers",
}

REQUIREMENTS = {
    "ours": [str(path.parent) for path in sorted(ROOT.glob("packages/*/pyproject.toml"))],
    "original": ["cherrypy==18.10.0"],
    "peers": ["beaker>=1.13", "bottle>=0.13", "falcon>=4", "flask>=3"],
    "servers": ["cheroot>=11", "granian>=2.5", "gunicorn>=23"],
}


def python_for(framework: str) -> Path:
    """Return the interpreter that has the framework; make its environment if need be.

    Raises:
        SystemExit: uv is missing, or could not install what is needed.
    """
    return python_in(FRAMEWORKS[framework])


def python_in(name: str) -> Path:
    """Return the interpreter of the environment with that name, one of `REQUIREMENTS`.

    Raises:
        SystemExit: as above.
    """
    directory = HOME / name
    python = directory / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    mark = directory / "made-from"
    wanted = _fingerprint(name)
    if mark.exists() and mark.read_text(encoding="utf-8") == wanted:
        return python
    print(f"making the environment {name!r}", file=sys.stderr)
    mark.unlink(missing_ok=True)
    if not python.exists():
        _uv("venv", "--clear", "--python", sys.executable, str(directory))
    # --reinstall: uv takes a directory whose pyproject.toml is unchanged as unchanged.
    refresh = ["--reinstall"] if name == "ours" else []
    _uv(
        "pip", "install", *refresh, "--compile-bytecode", "--python", str(python),
        *REQUIREMENTS[name],
    )  # fmt: skip
    mark.write_text(wanted, encoding="utf-8")
    return python


def _fingerprint(name: str) -> str:
    """Return a text that changes when the environment has to be made anew."""
    digest = hashlib.sha256(repr((sys.version, REQUIREMENTS[name])).encode())
    if name == "ours":
        for file in sorted(ROOT.glob("packages/*/src/**/*")):
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(ROOT)).encode())
                digest.update(file.read_bytes())
        for file in sorted(ROOT.glob("packages/*/pyproject.toml")):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _uv(*arguments: str) -> None:
    # Hatch names its own uv to the commands it runs.
    uv = os.environ.get("HATCH_UV") or shutil.which("uv")
    if uv is None:
        sys.exit("uv is missing: start this with `hatch run bench`, or put uv on the PATH")
    environ = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    done = subprocess.run([uv, "--quiet", *arguments], check=False, env=environ)
    if done.returncode:
        sys.exit(f"uv {' '.join(arguments)} failed")
