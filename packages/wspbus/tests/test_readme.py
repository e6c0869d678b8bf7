"""The service of the README, run as it stands there."""

import os
import re
import signal
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"


@pytest.fixture
def service(tmp_path):
    (code,) = re.findall(
        r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    path = tmp_path / "service.py"
    path.write_text(code)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return path


def test_it_has_about_thirty_lines_of_code(service):
    assert sum(1 for line in service.read_text().splitlines() if line.strip()) <= 32


@pytest.mark.slow
def test_it_works_reloads_and_ends_in_order(service, spawn, tmp_path):
    pidfile = tmp_path / "service.pid"
    process = spawn(service)
    process.expect("done: sweep the floor")
    assert pidfile.read_text() == f"{process.pid}\n"

    process.send_signal(signal.SIGUSR1)
    process.expect("done: read the settings again")

    # A file that does not compile is waited for.
    code = service.read_text()
    service.write_text("def work(:")
    os.utime(service, (1_000_000_001, 1_000_000_001))
    process.expect(f"Not restarting, {service} does not compile")
    service.write_text(code.replace("sweep the floor", "water the flowers"))
    os.utime(service, (1_000_000_002, 1_000_000_002))
    process.expect(f"Restarting because {service} changed.")
    process.expect("done: water the flowers")
    assert pidfile.read_text() == f"{process.pid}\n"

    process.send_signal(signal.SIGTERM)
    assert "Bus EXITED" in process.rest()
    assert process.returncode == 0
    assert not pidfile.exists()
