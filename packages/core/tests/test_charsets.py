import pytest

from cherrypy_core.charsets import decode, is_charset
from cherrypy_core.errors import HTTPError


@pytest.mark.parametrize(
    "name",
    [
        "utf-8",
        "UTF8",
        "us-ascii",
        "latin-1",
        "ISO-8859-1",
        "windows-1252",
        "koi8-u",
        "cp874",
        "Shift_JIS",
        "big5",
        "gb18030",
        "utf-16",
        "utf_8_sig",
        "iso_8859-1:1987",
        "euc-kr",
    ],
)
def test_charsets_are_known_by_any_of_their_names(name):
    assert is_charset(name)
    b"".decode(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "bogus",
        "base64",
        "zlib",
        "hex",
        "rot13",
        "idna",
        "punycode",
        "unicode_escape",
        "raw-unicode-escape",
        "undefined",
        "utf-7",
        "mbcs",
        "é",
        "utf-8\x00",
        "x" * 10000,
        "aliases",
        "os",
        "../x",
        "encodings.utf_8",
    ],
)
def test_what_is_no_charset_is_not_taken_for_one(name):
    assert not is_charset(name)


def test_text_is_decoded_in_the_first_charset_that_fits():
    assert decode(b"abc", ["us-ascii", "utf-8"]) == ("abc", "us-ascii")
    assert decode("é".encode(), ["us-ascii", "utf-8", "latin-1"]) == ("é", "utf-8")
    assert decode(b"\xe9", ("bogus", "utf-8", "latin-1")) == ("é", "latin-1")


@pytest.mark.parametrize("charsets", [[], ["us-ascii", "utf-8"], ["bogus"], ["hex"], ["idna"]])
def test_text_in_no_charset_is_a_client_error_that_names_the_attempts(charsets):
    with pytest.raises(HTTPError) as caught:
        decode(b"\xff\xfe", charsets)
    assert caught.value.code == 400
    assert caught.value.args[1] == (
        "The request entity could not be decoded. "
        f"The following charsets were attempted: {charsets!r}"
    )
