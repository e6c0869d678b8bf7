import contextlib
import io
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cherrypy_core import configfile
from cherrypy_core.configfile import ConfigFileError, Parser, as_dict

FILE = """
; a comment
[global]
server.socket_port: 8080
server.thread_pool = 2 * 5  # Python comments work
log.fmt = "%(h)s %(l)s %d 100%"
log.name = "\u00fcber"
empty =
lines = [1,
  2]

[/path]
Tools.Mixed.Case = True

[Databases]
driver: "postgres"
"""
VALUES = {
    "global": {
        "server.socket_port": 8080,
        "server.thread_pool": 10,
        "log.fmt": "%(h)s %(l)s %d 100%",
        "log.name": "\u00fcber",
        "empty": "",
        "lines": [1, 2],
    },
    "/path": {"Tools.Mixed.Case": True},
    "Databases": {"driver": "postgres"},
}


@pytest.fixture
def config_file(tmp_path):
    path = tmp_path / "site.conf"
    path.write_text(FILE, encoding="utf-8")
    return path


def parse(text):
    return Parser().dict_from_file(io.StringIO(text))


def test_configuration_is_read_from_wherever_it_is(config_file):
    assert as_dict(str(config_file)) == VALUES
    assert as_dict(config_file) == VALUES
    assert as_dict(bytes(config_file)) == VALUES
    with config_file.open(encoding="utf-8") as file:
        assert as_dict(file) == VALUES
    with config_file.open("rb") as file:
        assert Parser.load(file) == VALUES
    assert Parser.load(config_file) == Parser().dict_from_file(config_file) == VALUES


def test_a_byte_order_mark_is_ignored(tmp_path):
    path = tmp_path / "windows.conf"
    path.write_bytes(b"\xef\xbb\xbf[global]\r\na = 1\r\n")
    assert as_dict(path) == {"global": {"a": 1}}
    assert as_dict(io.BytesIO(path.read_bytes())) == {"global": {"a": 1}}


def test_a_dict_is_copied():
    config = {"a": 1}
    for copied in (as_dict(config), Parser.load(config)):
        assert copied == config
        assert copied is not config


@pytest.mark.parametrize("bad", [5, None, object(), [1]])
def test_anything_else_is_refused(bad):
    with pytest.raises(TypeError, match="must be a dict, a file name or an open file"):
        as_dict(bad)


def test_several_files_can_be_read(tmp_path, config_file):
    other = tmp_path / "other.conf"
    other.write_text("[global]\nserver.socket_port = 9090\n")
    parser = Parser()
    assert parser.read([config_file, str(other)]) == [str(config_file), str(other)]
    assert parser.as_dict()["global"]["server.socket_port"] == 9090


def test_a_missing_file_is_an_error(tmp_path):
    for read in (as_dict, Parser().read, Parser().dict_from_file):
        with pytest.raises(FileNotFoundError):
            read(str(tmp_path / "nothing.conf"))


@pytest.mark.parametrize("value", ["nosuch_name", "a b", "1 / 0", "lambda: 1", "int('x')"])
def test_a_broken_value_is_named_with_file_section_and_key(tmp_path, value):
    path = tmp_path / "broken.conf"
    path.write_text(f"[/section]\ngood = 1\nbad.key = {value}\n")
    with pytest.raises(ConfigFileError) as info:
        as_dict(path)
    message = str(info.value)
    for part in (str(path), "/section", "bad.key", repr(value)):
        assert part in message
    with path.open() as file, pytest.raises(ConfigFileError, match=r"bad\.key"):
        as_dict(file)


@pytest.mark.parametrize(
    "text", ["a = 1\n", "[global]\nno value here\n", "[a]\nb=1\nb=2\n", "[a]\n[a]\n", "[broken\n"]
)
def test_a_file_that_is_no_ini_file_is_named(tmp_path, text):
    path = tmp_path / "broken.conf"
    path.write_text(text)
    with pytest.raises(ConfigFileError) as info:
        as_dict(path)
    assert str(path) in str(info.value)


def test_a_file_that_is_not_in_utf_8_is_named(tmp_path):
    path = tmp_path / "latin.conf"
    path.write_bytes(b"[global]\na = '\xe4'\n")
    with pytest.raises(ConfigFileError, match="not in UTF-8"):
        as_dict(path)
    with (
        path.open("rb") as file,
        pytest.raises(ConfigFileError, match=r"latin\.conf.*not in UTF-8"),
    ):
        as_dict(file)


def test_options_can_be_used_in_others():
    text = "[DEFAULT]\nroot = 5\n[a]\nsize = 2\nx = %(size)s * %(root)s\ny = '100%%'\n"
    assert parse(text) == {"a": {"root": 5, "size": 2, "x": 10, "y": "100%"}}


def test_percent_signs_need_no_doubling():
    assert parse("[a]\nx = '%d %% %(nothing)s'\nx2 = '%'\n") == {
        "a": {"x": "%d %% %(nothing)s", "x2": "%"}
    }
    parser = Parser()
    parser.read_dict({"a": {"b": "'100%'"}})
    parser.set("a", "c", "'%(d)s'")
    assert parser.as_dict() == {"a": {"b": "100%", "c": "%(d)s"}}
    assert parser.as_dict(vars={"d": "e"})["a"]["c"] == "e"
    assert parser.as_dict(raw=True)["a"]["c"] == "%(d)s"


def test_a_value_that_refers_to_itself_stays_as_it_is():
    text = "[a]\nx = '%(x)s'\ny = '%(z)s'\nz = '%(y)s'\n"
    assert parse(text) == {"a": {"x": "%(x)s", "y": "%(z)s", "z": "%(y)s"}}


def test_the_module_has_no_other_lazy_names():
    assert configfile.Parser is Parser
    with pytest.raises(AttributeError):
        configfile.nothing  # noqa: B018


def test_the_parser_is_imported_on_first_use():
    # A .pth file may have imported it: that does not count.
    code = (
        "import sys; sys.modules.pop('configparser', None)\n"
        "import cherrypy_core.config, cherrypy_core.httputil\n"
        "assert 'configparser' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@settings(max_examples=50)
@given(st.dictionaries(st.from_regex(r"[a-z][a-z.]{0,8}", fullmatch=True), st.text(max_size=20)))
def test_whatever_text_is_quoted_comes_back(values):
    lines = "".join(f"{key} = {value!a}\n" for key, value in values.items())
    # A doubled percent sign is one, as ever, unless something else in the value is wrong.
    if "%" not in lines:
        assert parse("[s]\n" + lines) == {"s": values}


@given(st.text(alphabet="[]=:ab%()'\"1 \n\t#;", max_size=60))
def test_no_file_raises_anything_but_config_errors(text):
    with contextlib.suppress(ConfigFileError):
        parse(text)


def test_files_are_named_by_path_objects_of_any_kind(config_file):
    class Odd:
        def __fspath__(self):
            return str(config_file)

    assert as_dict(Odd()) == VALUES
    assert isinstance(config_file, Path)
