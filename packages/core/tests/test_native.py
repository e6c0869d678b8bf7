import pytest

from cherrypy_core.native import assert_native, bton, ntob, ntou, text_or_bytes, tonative


def test_native_strings_become_bytes_and_text():
    assert ntob("aé") == b"a\xe9"
    assert ntob("é", "utf-8") == b"\xc3\xa9"
    assert ntou("aé") == "aé"
    assert ntou(r"a\u00e9", "escape") == "aé"


def test_text_and_bytes_become_native_strings():
    assert tonative("é") == tonative(b"\xe9") == bton(b"\xe9") == "é"
    assert tonative(b"\xc3\xa9", "utf-8") == "é"


@pytest.mark.parametrize("function", [ntob, ntou, assert_native])
@pytest.mark.parametrize("value", [b"bytes", None, 5])
def test_what_is_no_native_string_is_refused(function, value):
    with pytest.raises(TypeError, match="must be a native str"):
        function(value)


def test_what_a_charset_lacks_is_an_error():
    with pytest.raises(UnicodeEncodeError):
        ntob("€")
    with pytest.raises(UnicodeDecodeError):
        bton(b"\xff", "utf-8")


def test_strings_of_both_kinds_can_be_told():
    assert isinstance("", text_or_bytes)
    assert isinstance(b"", text_or_bytes)
    assert not isinstance(5, text_or_bytes)
