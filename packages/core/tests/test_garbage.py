"""A request leaves nothing behind that only the cycle collector can free.

Cycles would be freed late, in bursts, and by whatever request is being served then.
"""

import gc
import logging
from contextlib import suppress

import pytest

from cherrypy_core.errors import HTTPError, HTTPRedirect, InternalRedirect
from cherrypy_core.serving import request, response


def streamed(*chunks):
    response.stream = True

    def body():
        for chunk in chunks:
            if isinstance(chunk, type):
                raise chunk
            yield chunk

    return body()


class Pages:
    def page(self):
        return b"page"

    def form(self, **params):
        return repr(params).encode()

    def error(self):
        raise HTTPError(403)

    def error_from_another(self):
        try:
            raise KeyError  # noqa: TRY301
        except KeyError as cause:
            raise HTTPError(400) from cause

    def unexpected(self):
        raise RuntimeError

    def away(self):
        raise HTTPRedirect("/page")

    def inside(self):
        raise InternalRedirect("/page")

    def inside_twice(self):
        raise InternalRedirect("/inside")

    def loop(self):
        raise InternalRedirect("/loop")

    def stream(self):
        return streamed(b"a", b"b")

    def stream_that_fails_at_once(self):
        return streamed(RuntimeError)

    def stream_that_fails_later(self):
        return streamed(b"a", RuntimeError)

    def generator(self):
        return (chunk for chunk in (b"a", b"b"))

    def everything(self):
        request.hooks.attach("on_end_request", dict)
        assert request.headers
        assert request.config is not None
        assert request.toolmaps == {}
        assert request.unique_id
        assert str(request.unique_id)
        request.cookie["a"] = "1"
        response.cookie["a"] = "1"
        return request.base.encode()

    def impossible_header(self):
        response.headers["X-Own"] = "a\nb"

    def no_body(self):
        return 5

    def failing_page(self):
        raise HTTPError(409)

    def failing_hook(self):
        return b""


def fail(**values):
    raise RuntimeError


Pages.failing_page._cp_config = {"error_page.409": fail}
Pages.failing_hook._cp_config = {"hooks.on_end_request": fail, "hooks.on_end_resource": fail}

NAMES = [name for name in vars(Pages) if not name.startswith("_")]


@pytest.fixture
def garbage(make_app, call, caplog):
    """Give a function that serves a path and returns what the collector has to free."""

    def garbage(path, config=None, **kwargs):
        def serve():
            # What a server sees of a stream that fails on the way.
            with suppress(RuntimeError):
                call(app, path, **kwargs)

        def left():
            try:
                serve()
                gc.collect()
                gc.disable()
                gc.set_debug(gc.DEBUG_SAVEALL)
                serve()
                gc.collect()
                return [type(thing).__name__ for thing in gc.garbage]
            finally:
                gc.set_debug(0)
                gc.garbage.clear()
                gc.enable()

        app = make_app(Pages(), {"/": config or {}})
        # Only now: pytest keeps records, and records of errors keep tracebacks.
        logging.disable()
        try:
            # A thread of another test may end meanwhile; what a request leaves, each leaves.
            return left() and left() and left()
        finally:
            logging.disable(logging.NOTSET)

    return garbage


@pytest.mark.parametrize("tracebacks", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_a_request_leaves_no_cycle(garbage, name, tracebacks):
    config = {"request.show_tracebacks": tracebacks}
    assert garbage(f"/{name}?a=1" if name == "form" else f"/{name}", config) == []


def test_a_page_that_does_not_exist_leaves_no_cycle(garbage):
    assert garbage("/nothing") == []


def test_a_form_leaves_no_cycle(garbage):
    assert garbage("/form", method="POST", body=b"a=1") == []
    assert garbage("/form", method="POST", body=b"a=1", CONTENT_LENGTH="x") == []
    mixed = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'
    content_type = "multipart/form-data; boundary=b"
    assert garbage("/form", method="POST", body=mixed, CONTENT_TYPE=content_type) == []


def test_errors_that_are_let_through_leave_no_cycle(garbage):
    assert garbage("/unexpected", {"request.throw_errors": True}) == []


def test_a_head_leaves_no_cycle(garbage):
    assert garbage("/stream", method="HEAD") == []
