from __future__ import annotations

import importlib
import string

import pytest

import cherrypy

NUMBERS = ("01", "02", "03", "04")


@pytest.fixture
def visit(call):
    """Return a function that mounts a tutorial and requests one of its pages."""

    def get(number, path, **environ):
        module = importlib.import_module(f"cherrypy.tutorial.guide.tut{number}")
        root = getattr(module, module.__all__[0])
        return call(cherrypy.Application(root()), path, **environ)

    return get


@pytest.mark.parametrize("number", NUMBERS)
def test_every_tutorial_has_a_front_page(visit, number):
    answer = visit(number, "/")
    assert answer.status == "200 OK"
    assert answer.headers["Content-Type"] == "text/html;charset=utf-8"


def test_the_first_says_hello(visit):
    assert visit("01", "/").text == "Hello world!"


@pytest.mark.parametrize("number", ["02", "03", "04"])
def test_strings_are_made_up(visit, number):
    first, second = visit(number, "/generate").text, visit(number, "/generate").text
    assert len(first) == len(second) == 8
    assert first != second
    assert set(first + second) <= set(string.hexdigits)


@pytest.mark.parametrize("number", ["03", "04"])
def test_the_visitor_says_how_long(visit, number):
    assert len(visit(number, "/generate?length=16").text) == 16
    assert len(visit(number, "/generate?length=100000000000").text) == 1000
    assert visit(number, "/generate?length=many").status == "400 Bad Request"
    assert visit(number, "/generate?colour=red").status == "404 Not Found"


def test_what_is_not_exposed_has_no_path(visit):
    assert visit("02", "/_random_text/8").status == "404 Not Found"


def test_the_form_leads_to_the_generator(visit):
    assert '<form method="get" action="generate">' in visit("04", "/").text
    posted = visit(
        "04",
        "/generate",
        REQUEST_METHOD="POST",
        CONTENT_TYPE="application/x-www-form-urlencoded",
        CONTENT_LENGTH="9",
        body=b"length=12",
    )
    assert len(posted.text) == 12


@pytest.mark.slow
@pytest.mark.parametrize("number", NUMBERS)
def test_every_tutorial_runs_as_a_program(serve, number):
    process = serve(
        "-c",
        "import cherrypy, runpy\n"
        "cherrypy.config.update({'server.socket_port': 0})\n"
        f"runpy.run_module('cherrypy.tutorial.guide.tut{number}', run_name='__main__')\n",
    )
    status, text = process.get("/")
    assert status == 200
    assert text
    assert process.end() == 0
