"""Serving a site by several processes that share its sockets (Unix only).

`serve_by_workers` is what the option `--workers` does, `run_workers` the same for a site that is
ready in this process.
"""

from cherryd.prefork.running import run_workers, serve_by_workers

__all__ = ["run_workers", "serve_by_workers"]
