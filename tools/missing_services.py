"""Tell which tests were skipped because a program or a library is missing: `... LOG`.

For CI, where all of them are installed: a test that is skipped there for want of one would be a
check that nobody makes. Reads the output of pytest; ends with 1 if there is any.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

MISSING = re.compile(
    r"is missing|not installed|could not import|needs the program|No module named"
)


def main() -> int:
    """Print the lines of the log that say so."""
    log = Path(sys.argv[1]).read_text(encoding="utf-8", errors="replace")
    lines = [line for line in log.splitlines() if line.startswith("SKIPPED [")]
    found = [line for line in lines if MISSING.search(line)]
    for line in found:
        print(f"not tested for want of something that CI installs: {line}")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
