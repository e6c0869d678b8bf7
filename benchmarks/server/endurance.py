"""A million requests to one server: what its memory, threads and descriptors do.

    hatch run bench:endurance [--server "ours, WSGI"] [--requests 1000000]

One request in five is a mistake: paths that do not exist, parameters that nobody takes. No two
of them have the same URL, so that whatever remembered them would show.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from contenders import CONTENDERS, start
from load import require_wrk, wrk
from measuring import CONNECTIONS

SCRIPT = """
local count = 0
request = function()
    count = count + 1
    local kind, name = count % 10, SLICE .. "-" .. count
    if kind == 0 then return wrk.format("GET", "/missing/" .. name) end
    if kind == 1 then return wrk.format("GET", "/?" .. name .. "=1") end
    if kind == 2 then
        local fields = {["Content-Type"] = "application/x-www-form-urlencoded"}
        return wrk.format("POST", "/upload", fields, "a=1&b=" .. count)
    end
    return wrk.format("GET", "/")
end
"""
SECONDS = 4  # of each slice


def main() -> None:
    """Put load on the server, slice by slice, and print what it uses."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--server", choices=CONTENDERS, default="ours")
    parser.add_argument("--requests", type=int, default=1_000_000)
    arguments = parser.parse_args()
    require_wrk()
    print("| requests | MB | threads | descriptors |\n| ---: | ---: | ---: | ---: |")
    with start([arguments.server]) as (server,), tempfile.TemporaryDirectory() as directory:
        count = 0
        while count < arguments.requests:
            script = Path(directory) / "requests.lua"
            script.write_text(f"SLICE = {count}\n{SCRIPT}")
            count += wrk(server.url, CONNECTIONS, SECONDS, script=script).requests
            # The connections of this slice are gone.
            time.sleep(0.5)
            memory, threads, descriptors = server.holdings()
            print(f"| {count:,} | {memory:.2f} | {threads} | {descriptors} |", flush=True)


if __name__ == "__main__":
    main()
