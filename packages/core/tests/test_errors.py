import pytest

from cherrypy_core.errors import (
    CherryPyException,
    HTTPError,
    HTTPRedirect,
    InternalRedirect,
    NotFound,
)
from cherrypy_core.serving import current, request


@pytest.fixture
def raised(make_app, call):
    """Give a function that serves a page which raises what *make* makes."""

    def raised(make, path="/dir/page", *, script_name="", config=None, **changes):
        class Root:
            def __getattr__(self, name):
                if name.startswith("_"):
                    raise AttributeError(name)
                return self

            def __call__(self, **params):
                raise make()

        app = make_app(Root(), {"/": config or {}}, script_name=script_name)
        return call(app, script_name + path, **changes)

    return raised


class TestHTTPError:
    @pytest.mark.parametrize(
        ("status", "line", "message"),
        [
            (404, "404 Not Found", "Nothing matches the given URI"),
            ("404", "404 Not Found", "Nothing matches the given URI"),
            ("404 Gone fishing", "404 Gone fishing", "Nothing matches the given URI"),
            (599, "599 ", ""),
            (500, "500 Internal Server Error", "The server encountered an unexpected"),
        ],
    )
    def test_it_becomes_a_page(self, raised, status, line, message):
        reply = raised(lambda: HTTPError(status))
        assert reply.status == line
        assert message in reply.text
        assert reply.field("Content-Type") == "text/html;charset=utf-8"

    def test_the_message_is_the_applications_and_escaped(self, raised):
        reply = raised(lambda: HTTPError(400, "<script>alert('ä')</script>"))
        assert "&lt;script&gt;alert(&#x27;ä&#x27;)&lt;/script&gt;" in reply.text
        assert "<script>" not in reply.text

    @pytest.mark.parametrize("status", ["abc", 600, 99, "404 Not\r\nFound", None.__class__])
    def test_an_illegal_status_raises_a_500(self, status):
        with pytest.raises(HTTPError) as raised:
            HTTPError(status)
        assert raised.value.code == 500
        assert "Illegal response status" in raised.value._message

    @pytest.mark.parametrize("status", [200, 302, 399, None, ""])
    def test_a_status_of_no_error_is_refused(self, status):
        with pytest.raises(ValueError, match="between 400 and 599"):
            HTTPError(status)

    def test_it_knows_its_parts(self):
        error = HTTPError("403 No way", "because")
        assert (error.status, error.code, error.reason) == ("403 No way", 403, "No way")
        assert error.args == ("403 No way", "because")
        with pytest.raises(HTTPError) as raised:
            error()
        assert raised.value is error

    def test_other_exceptions_can_be_turned_into_it(self):
        with pytest.raises(HTTPError) as raised, HTTPError.handle(KeyError, 404, "no such thing"):
            raise KeyError("thing")
        assert (raised.value.code, raised.value._message) == (404, "no such thing")
        assert isinstance(raised.value.__cause__, KeyError)
        with pytest.raises(HTTPError) as raised, HTTPError.handle((ValueError, KeyError)):
            int("x")
        assert raised.value.code == 500
        assert "invalid literal" in raised.value._message
        with pytest.raises(TypeError), HTTPError.handle(ValueError, 404):
            raise TypeError
        with HTTPError.handle(ValueError, 404):
            pass

    def test_headers_of_the_replaced_page_are_dropped(self, make_app, call):
        def index():
            from cherrypy_core.serving import response

            response.headers.update(
                {
                    "Content-Type": "image/png",
                    "Content-Length": "5000000",
                    "Etag": '"1"',
                    "Cache-Control": "public",
                    "Location": "/x",
                    "Vary": "Cookie",
                    "Content-Range": "bytes 0-1/2",
                    "X-Own": "stays",
                }
            )
            raise HTTPError(request.params["status"])

        app = make_app(index=lambda status: index())
        reply = call(app, "/?status=404")
        names = {name for name, _ in reply.headers}
        assert names == {"Content-Type", "Content-Length", "Server", "Date", "Vary", "X-Own"}
        assert reply.field("Content-Length") == str(len(reply.body))
        assert call(app, "/?status=416").field("Content-Range") == "bytes 0-1/2"

    def test_an_error_has_no_traceback_in_production(self, raised):
        reply = raised(lambda: HTTPError(403), config={"request.show_tracebacks": False})
        assert "Traceback" not in reply.text
        assert "Traceback" in raised(lambda: HTTPError(403)).text


class TestNotFound:
    def test_it_names_the_path(self, raised):
        reply = raised(NotFound, "/some<b>", script_name="/app")
        assert reply.code == 404
        assert "The path &#x27;/app/some&lt;b&gt;&#x27; was not found." in reply.text

    def test_the_path_can_be_given(self):
        status, message = NotFound("/there").args
        assert (status, message) == (404, "The path '/there' was not found.")
        assert NotFound()._message == "The path '' was not found."
        assert isinstance(NotFound(), HTTPError)


class TestHTTPRedirect:
    @pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
    def test_each_status_sends_the_client_on(self, raised, status):
        reply = raised(lambda: HTTPRedirect("/x", status))
        assert reply.code == status
        assert reply.field("Location") == "http://example.com/x"
        link = '<a href="http://example.com/x">http://example.com/x</a>.'
        assert reply.text.endswith(link)
        assert reply.field("Content-Type") == "text/html;charset=utf-8"

    def test_304_has_no_entity(self, raised):
        reply = raised(lambda: HTTPRedirect("", 304))
        assert (reply.code, reply.body) == (304, b"")
        assert {name for name, _ in reply.headers} == {"Server", "Date"}

    def test_305_has_only_a_location(self, raised):
        reply = raised(lambda: HTTPRedirect("http://proxy.example", 305))
        assert (reply.code, reply.body) == (305, b"")
        assert reply.field("Location") == "http://proxy.example"

    @pytest.mark.parametrize("status", [306, 309, 399])
    def test_other_statuses_of_the_class_are_an_error(self, raised, status):
        reply = raised(lambda: HTTPRedirect("/x", status))
        assert reply.code == 500
        assert "not known as a redirect" in reply.text

    @pytest.mark.parametrize("status", [200, 299, 400, "abc"])
    def test_what_is_no_redirect_is_refused(self, status):
        with pytest.raises(ValueError, match=r"between 300 and 399|invalid literal"):
            HTTPRedirect("/x", status)

    def test_without_a_status_it_is_303_and_302_for_old_clients(self, raised):
        assert raised(lambda: HTTPRedirect("/x")).code == 303
        assert raised(lambda: HTTPRedirect("/x"), SERVER_PROTOCOL="HTTP/1.0").code == 302
        assert raised(lambda: HTTPRedirect("/x"), SERVER_PROTOCOL="HTTP/9.9").code == 303
        assert raised(lambda: HTTPRedirect("/x"), SERVER_PROTOCOL="FOO").code == 302
        assert HTTPRedirect("/x").status == 303

    @pytest.mark.parametrize(
        ("url", "location"),
        [
            ("/x", "http://example.com/x"),
            ("x", "http://example.com/dir/x"),
            ("../x", "http://example.com/x"),
            ("./x", "http://example.com/dir/x"),
            ("/a/../b", "http://example.com/b"),
            ("/.well-known/x?y=/./z", "http://example.com/.well-known/x?y=/./z"),
            ("/\t/evil.example/./", "http://example.com/%09/evil.example/"),
            ("?a=1", "http://example.com/dir/page?a=1"),
            ("", "http://example.com/dir/page"),
            ("https://other.example/x", "https://other.example/x"),
            ("//other.example/x", "http://other.example/x"),
            ("/\\evil.example", "http://example.com/\\evil.example"),
            ("\\\\evil.example", "http://example.com/dir/\\\\evil.example"),
            (b"/bytes", "http://example.com/bytes"),
            ("/ä?b=ö", "http://example.com/%C3%A4?b=%C3%B6"),
            ("/a b", "http://example.com/a%20b"),
            ("/50%25", "http://example.com/50%25"),
        ],
    )
    def test_a_url_is_relative_to_the_page(self, raised, url, location):
        assert raised(lambda: HTTPRedirect(url)).field("Location") == location

    def test_a_path_begins_at_the_host_not_at_the_application(self, raised):
        reply = raised(lambda: HTTPRedirect("/x"), script_name="/app")
        assert reply.field("Location") == "http://example.com/x"
        reply = raised(lambda: HTTPRedirect("x"), script_name="/app")
        assert reply.field("Location") == "http://example.com/app/dir/x"

    def test_outside_of_a_request_there_is_nothing_to_be_relative_to(self):
        assert current()[0].app is None
        assert HTTPRedirect(["/x", "y"]).urls == ["/x", "y"]

    def test_another_encoding_can_be_used(self, raised):
        reply = raised(lambda: HTTPRedirect("/ä", encoding="latin-1"))
        assert reply.field("Location") == "http://example.com/%E4"

    @pytest.mark.parametrize("bad", ["/a\r\nSet-Cookie: x=y", "/a\n\n<html>", "/a\0b", "/\x85"])
    def test_no_url_can_begin_another_field(self, raised, bad):
        reply = raised(lambda: HTTPRedirect(bad))
        assert reply.code == 303
        location = reply.field("Location")
        assert location.isascii()
        assert location.isprintable()
        assert " " not in location
        assert reply.field("Set-Cookie") is None

    @pytest.mark.parametrize(
        "bad", ["\t//evil.com", " //evil.com", "\n//evil.com", "\0//evil.com"]
    )
    def test_what_browsers_drop_does_not_lead_to_another_host(self, raised, bad):
        reply = raised(lambda: HTTPRedirect(bad))
        assert reply.code == 400
        assert reply.field("Location") is None

    @pytest.mark.parametrize(
        ("url", "host"), [("http://[", "a"), ("//[::1", "a"), ("page", "["), ("?a", "a]")]
    )
    def test_half_an_address_is_the_clients_mistake(self, raised, url, host):
        assert raised(lambda: HTTPRedirect(url), HTTP_HOST=host).code == 400

    def test_nor_can_the_host_that_a_client_claims(self, raised):
        reply = raised(lambda: HTTPRedirect("/x"), HTTP_HOST="a\r\nX: y")
        assert reply.field("Location") == "http://aX:%20y/x"

    @pytest.mark.parametrize("url", ['/"><script>alert(1)</script>', "/'onload='x", "/a&b"])
    def test_links_are_escaped(self, raised, url):
        text = raised(lambda: HTTPRedirect(url)).text
        inside = text.removeprefix("This resource can be found at ")
        assert inside.count("<") == inside.count(">") == 2
        assert inside.count('"') == 2
        assert "'" not in inside
        assert "&b" not in inside

    def test_a_script_is_only_a_text_in_the_page(self, raised):
        reply = raised(lambda: HTTPRedirect("javascript:alert('<b>')"))
        assert reply.field("Location").startswith("javascript:alert('")
        assert "<b>" not in reply.text
        assert "&lt;b&gt;" in reply.text

    def test_several_urls_are_offered(self, raised):
        redirect = lambda: HTTPRedirect(["/a", "b", "http://c.example/"], 300)  # noqa: E731
        reply = raised(redirect)
        assert reply.field("Location") == "http://example.com/a"
        assert reply.text.count("<a href=") == 3
        assert "http://example.com/dir/b" in reply.text
        assert raised(lambda: HTTPRedirect(())).code == 500

    def test_the_length_of_a_replaced_page_is_forgotten(self, make_app, call):
        def index():
            from cherrypy_core.serving import response

            response.headers["Content-Length"] = "5000000"
            raise HTTPRedirect("/x")

        reply = call(make_app(index=index))
        assert reply.field("Content-Length") == str(len(reply.body))

    def test_it_can_be_made_and_called_outside_of_a_request(self):
        redirect = HTTPRedirect("/x")
        assert redirect.urls == ["/x"]
        with pytest.raises(HTTPRedirect):
            redirect()


class TestInternalRedirect:
    @pytest.fixture
    def redirected(self, make_app, call):
        def redirected(*args, at="/dir/page", **changes):
            class Root:
                def __getattr__(self, name):
                    if name.startswith("_"):
                        raise AttributeError(name)
                    return self

                def __call__(self, **params):
                    if request.path_info == at and request.prev is None:
                        raise InternalRedirect(*args)
                    prev = request.prev
                    return repr(
                        (request.path_info, request.query_string, prev and prev.path_info)
                    ).encode()

            return call(make_app(Root()), at, **changes)

        return redirected

    @pytest.mark.parametrize(
        ("args", "path", "query"),
        [
            (("/x",), "/x", ""),
            (("x",), "/dir/x", ""),
            (("../x",), "/x", ""),
            (("/x?a=1",), "/x", "a=1"),
            (("/x", "a=1"), "/x", "a=1"),
            (("/x?a=1", "b=2"), "/x", "a=1"),
            (("a:b",), "/dir/a:b", ""),
            (("/ä?ö",), "/ä", "ö"),
        ],
    )
    def test_another_path_is_served_instead(self, redirected, args, path, query):
        assert redirected(*args).text == repr((path, query, "/dir/page"))

    def test_a_query_string_need_not_be_in_the_environment(self, redirected):
        assert redirected("/x", QUERY_STRING=None).code == 200

    def test_the_other_path_gets_no_body(self, redirected):
        assert redirected("/x", method="POST", body=b"a=1").code == 200

    def test_it_can_be_made_outside_of_a_request(self):
        redirect = InternalRedirect("x?a=1")
        assert (redirect.path, redirect.query_string, redirect.request) == ("x", "a=1", None)
        assert isinstance(redirect, CherryPyException)
