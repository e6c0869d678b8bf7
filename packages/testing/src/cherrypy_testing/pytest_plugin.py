"""Fixtures for pytest: a site for each test, a client that calls it, a server for it.

Registered under the name "cherrypy". Nothing of the framework is imported before a test asks
for a fixture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cherrypy_site import Site
    from cherrypy_testing.client import Client
    from cherrypy_testing.live import LiveServer

__all__ = ["client", "live_server", "site"]


@pytest.fixture
def site() -> Iterator[Site]:
    """A site of this test's own, which nothing is mounted in and which does not run."""
    from cherrypy_site import Site  # noqa: PLC0415  (see above)

    with Site({"environment": "test_suite"}) as made:
        yield made


@pytest.fixture
def client(site: Site) -> Client:
    """A client of the fixture `site`, in this process."""
    from cherrypy_testing.client import Client  # noqa: PLC0415  (see above)

    return Client(site)


@pytest.fixture
def live_server(site: Site) -> Iterator[LiveServer]:
    """The fixture `site` as a running server; its address is `live_server.url`."""
    from cherrypy_testing.live import LiveServer  # noqa: PLC0415  (see above)

    with LiveServer(site) as server:
        yield server
