import mimetypes
import subprocess
import sys

import pytest

from cherrypy_tools.mediatypes import guess


@pytest.mark.parametrize(
    ("path", "media"),
    [
        ("/a/b.css", "text/css"),
        ("/a/B.HTML", "text/html"),
        ("/a/b.woff2", "font/woff2"),
        ("/a/b.ico", "image/"),
        ("/a/README", "application/octet-stream"),
        ("/a.css/README", "application/octet-stream"),
        ("/a/b.unheard-of", "application/octet-stream"),
        ("/a/b.", "application/octet-stream"),
        ("/a/.css", "text/css"),
    ],
)
def test_the_extension_tells_the_media_type(path, media):
    assert guess(path).startswith(media)


def test_types_may_be_added_at_any_time(monkeypatch):
    assert guess("x.thing") == "application/octet-stream"
    monkeypatch.setitem(mimetypes.types_map, ".thing", "application/x-thing")
    assert guess("x.thing") == "application/x-thing"


@pytest.mark.parametrize("name", ["a.css", "a.CSS"])
def test_the_types_of_a_directory_come_first(name):
    assert guess(name, {"css": "text/x-mine"}) == "text/x-mine"
    assert guess(name, {"js": "text/x-mine"}) == "text/css"


def test_what_an_application_adds_before_the_first_request_is_not_lost():
    code = (
        "import mimetypes\n"
        "mimetypes.types_map['.thing'] = 'application/x-thing'\n"
        "mimetypes.types_map['.css'] = 'text/x-mine'\n"
        "from cherrypy_tools.mediatypes import guess\n"
        "print(guess('a.thing'), guess('a.css'), guess('a.html'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["application/x-thing", "text/x-mine", "text/html"]
