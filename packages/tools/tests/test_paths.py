import ntpath
import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cherrypy_tools.paths import resolve

PLAIN = [
    ("a.txt", "/top/a.txt"),
    ("/a.txt", "/top/a.txt"),
    ("///a.txt", "/top/a.txt"),
    ("a/b/c.css", "/top/a/b/c.css"),
    ("a//b", "/top/a//b"),
    ("dir/", "/top/dir/"),
    ("", "/top/"),
    (".well-known/x", "/top/.well-known/x"),
    (".htaccess", "/top/.htaccess"),
    ("..a", "/top/..a"),
    ("a..", "/top/a.."),
    ("...", "/top/..."),
    ("a/...b/c", "/top/a/...b/c"),
    ("%2e%2e/a", "/top/%2e%2e/a"),
    ("a b", "/top/a b"),
    ("\u00fc", "/top/\u00fc"),
    ("c:x", "/top/c:x"),
    ("nul", "/top/nul"),
    ("~root", "/top/~root"),
]

REFUSED = [
    "..",
    "../",
    "../a",
    "/../a",
    "//../a",
    "a/..",
    "a/../b",
    "a/../../b",
    ".",
    "./a",
    "a/./b",
    "a/.",
    "a\0",
    "\0",
    "a\0.txt",
    "..\\a",
    "a\\..\\b",
    "\\",
    "\\\\host\\share",
    "a\\b",
    "..\0/x",
]

# Beyond those above.
REFUSED_ON_WINDOWS = [
    "c:",
    "c:/windows/win.ini",
    "C:x",
    "a.txt:stream",
    "a.txt::$DATA",
    "index.html::$INDEX_ALLOCATION/x",
    "a.",
    "a ",
    "a/b. ",
    "...",
    ".. ",
    ". ",
    "dir./x",
    "dir /x",
    "nul",
    "NUL",
    "nul.txt",
    "Aux.tar.gz",
    "a/con",
    "con /x",
    "con .txt",
    "prn/x",
    "com1",
    "COM9.log",
    "lpt1",
    "com\xb9",
    "lpt\xb3.txt",
    "CONIN$",
    "conout$.x",
    "a*",
    "a?b",
    'a"b',
    "a<b",
    "a>b",
    "a|b",
    "a\tb",
    "a\x1fb",
]


@pytest.mark.parametrize(("relative", "path"), PLAIN)
def test_a_name_is_below_the_root(relative, path):
    assert resolve("/top", relative, windows=False) == path
    assert resolve("/top/", relative, windows=False) == path


@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("relative", REFUSED)
def test_what_could_lead_elsewhere_is_refused_everywhere(relative, windows):
    assert resolve("C:\\root" if windows else "/top", relative, windows=windows) is None


@pytest.mark.parametrize("relative", REFUSED_ON_WINDOWS)
def test_what_windows_takes_for_something_else_is_refused_there(relative):
    assert resolve("C:\\root", relative, windows=True) is None


@pytest.mark.parametrize(
    "relative", ["a.txt", "a/b.css", "connect.js", "com10", "nuls", "aux1.txt", "a.con", "", "d/"]
)
def test_ordinary_names_are_fine_on_windows(relative):
    assert resolve("C:\\root", relative, windows=True) == f"C:\\root/{relative}"
    assert resolve("C:\\", relative, windows=True) == f"C:\\{relative}"


NAMES = st.text(st.sampled_from("./\\:a%~ \0$c\u2025\uff0e"), max_size=20) | st.text(max_size=20)


@given(NAMES)
def test_nothing_is_ever_above_the_root(relative):
    path = resolve("/top/dir", relative, windows=False)
    if path is not None:
        normal = posixpath.normpath(path)
        assert normal == "/top/dir" or normal.startswith("/top/dir/")


@given(NAMES)
def test_nothing_is_ever_above_the_root_on_windows(relative):
    path = resolve("C:\\root\\dir", relative, windows=True)
    if path is not None:
        normal = ntpath.normpath(path)
        assert normal == "C:\\root\\dir" or normal.startswith("C:\\root\\dir\\")
        assert ntpath.splitdrive(normal)[0] == "C:"
