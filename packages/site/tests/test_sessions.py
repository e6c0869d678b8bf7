from __future__ import annotations

import threading

from cherrypy_core.expose import expose
from cherrypy_core.serving import serving
from cherrypy_site import Site


class Counter:
    @expose
    def index(self):
        serving.session["n"] = serving.session.get("n", 0) + 1
        return str(serving.session["n"])


def sessions(**settings):
    settings["on"] = True
    return {"/": {f"tools.sessions.{name}": value for name, value in settings.items()}}


def cookie(answer):
    return answer.headers["Set-Cookie"].partition(";")[0]


def test_sessions_are_kept_in_memory(site, call):
    site.tree.mount(Counter(), "", sessions())
    first = call(site)
    assert call(site, HTTP_COOKIE=cookie(first)).body == "2"


def test_sites_do_not_see_each_others_sessions(site, call):
    other = Site()
    for one in (site, other):
        one.tree.mount(Counter(), "", sessions())
    first = call(site)
    assert call(other, HTTP_COOKIE=cookie(first)).body == "1"
    assert call(site, HTTP_COOKIE=cookie(first)).body == "2"


def monitors(site):
    owners = [getattr(listener, "__self__", None) for listener in site.bus.listeners["start"]]
    return [owner for owner in owners if "clean-up" in (getattr(owner, "name", None) or "")]


def test_expired_sessions_are_cleaned_up_while_the_bus_runs(site, call):
    site.server.unsubscribe()
    before = threading.active_count()
    site.tree.mount(Counter(), "", sessions(clean_freq=3))
    call(site)
    (monitor,) = monitors(site)
    assert monitor.frequency == 180
    assert monitor.thread is None
    assert threading.active_count() == before
    site.start()
    thread = monitor.thread
    assert thread.is_alive()
    site.exit()
    thread.join(5)
    assert not thread.is_alive()


def test_the_clean_up_of_a_running_site_starts_at_once(site, call):
    site.server.unsubscribe()
    site.start()
    site.tree.mount(Counter(), "", sessions())
    call(site)
    (monitor,) = monitors(site)
    thread = monitor.thread
    assert thread.is_alive()
    site.exit()
    thread.join(5)
    assert not thread.is_alive()
