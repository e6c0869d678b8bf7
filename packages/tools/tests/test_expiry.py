import datetime as dt

import pytest

from cherrypy_core.dates import parse_http_date
from cherrypy_core.expose import expose
from cherrypy_core.serving import response


class Root:
    @expose
    def index(self):
        return "index"

    @expose
    def tagged(self):
        response.headers["ETag"] = '"1"'
        return "tagged"

    @expose
    def own(self):
        response.headers["Expires"] = "Thu, 01 Jan 2032 00:00:00 GMT"
        response.headers["Cache-Control"] = "public"
        return "own"


def client(serve, **settings):
    return serve(
        Root(),
        site={
            "tools.expires.on": True,
            **{f"tools.expires.{name}": value for name, value in settings.items()},
        },
    )


@pytest.mark.parametrize("secs", [3600, dt.timedelta(hours=1)])
def test_a_cacheable_response_expires_after_the_time_given(serve, secs):
    answer = client(serve, secs=secs).get("/tagged")
    assert parse_http_date(answer["Expires"]) - parse_http_date(answer["Date"]) == 3600
    assert answer["Cache-Control"] is None


def test_with_no_seconds_caches_are_told_to_keep_nothing(serve):
    answer = client(serve).get("/tagged")
    assert answer["Expires"] == "Sun, 28 Jan 2007 00:00:00 GMT"
    assert answer["Pragma"] == "no-cache"
    assert answer["Cache-Control"] == "no-cache, must-revalidate"


def test_http_1_0_knows_no_cache_control(serve):
    answer = client(serve).get("/tagged", SERVER_PROTOCOL="HTTP/1.0")
    assert (answer["Pragma"], answer["Cache-Control"]) == ("no-cache", None)


def test_what_no_cache_would_keep_is_left_alone(serve):
    assert client(serve, secs=5, debug=True).get("/")["Expires"] is None


def test_force_changes_every_response(serve):
    forced = client(serve, force=True)
    assert forced.get("/")["Pragma"] == "no-cache"
    assert forced.get("/own")["Cache-Control"] == "no-cache, must-revalidate"


def test_what_the_application_has_set_stays(serve):
    answer = client(serve, debug=True).get("/own")
    assert answer["Expires"] == "Thu, 01 Jan 2032 00:00:00 GMT"
    assert answer["Cache-Control"] == "public"
