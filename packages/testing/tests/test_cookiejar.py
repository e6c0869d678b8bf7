from __future__ import annotations

import pytest

from cherrypy_testing.cookiejar import Cookies

HERE = "http://localhost/a/b"


def test_cookies_are_kept_and_sent_back():
    cookies = Cookies()
    cookies.extract(HERE, [("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; Path=/a")])
    assert cookies.header(HERE) in ("a=1; b=2", "b=2; a=1")
    assert cookies.header("http://localhost/") == "a=1"
    assert cookies.header("http://example.org/") is None
    assert (cookies["a"], cookies.get("b"), cookies.get("c", "-")) == ("1", "2", "-")
    assert "a" in cookies
    assert sorted(cookies) == ["a", "b"]
    assert len(cookies) == 2


def test_secure_cookies_are_sent_over_https_only():
    cookies = Cookies()
    cookies.extract("https://localhost/", [("Set-Cookie", "a=1; Secure")])
    assert cookies.header("http://localhost/") is None
    assert cookies.header("https://localhost/") == "a=1"


def test_expired_cookies_are_dropped():
    cookies = Cookies()
    cookies.set("a", "1")
    cookies.extract("http://localhost/", [("Set-Cookie", "a=; Max-Age=0; Path=/")])
    assert len(cookies) == 0


def test_cookies_can_be_set_and_forgotten():
    cookies = Cookies()
    cookies.update({"a": "1", "b": "2"})
    cookies.set("c", "3", url="http://example.org/", path="/deep")
    assert cookies.header("http://example.org/deep/x") == "c=3"
    del cookies["a"]
    assert "a" not in cookies
    with pytest.raises(KeyError):
        del cookies["a"]
    with pytest.raises(KeyError):
        cookies["a"]
    cookies.clear()
    assert list(cookies) == []
