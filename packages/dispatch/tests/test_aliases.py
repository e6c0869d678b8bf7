"""More names for a page handler: `expose` with aliases, as the dispatcher sees them."""

import pytest

from cherrypy_core.expose import expose


@pytest.fixture
def root():
    class Root:
        @expose(["generer", "generar"])
        def generate(self, length="8"):
            return length.encode()

        @expose("robots.txt")
        def robots(self):
            return b"robots"

        @expose(alias="one")
        def by_name(self):
            return b"by name"

        @expose(alias=("two", "three"))
        def by_names(self):
            return b"by names"

        @expose()
        def without(self):
            return b"without"

        @expose(alias=[])
        def nothing(self):
            return b"nothing"

        @expose("Kind")
        class Class:
            def __iter__(self):
                return iter([b"class"])

    return Root()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/generate", "8"),
        ("/generer?length=5", "5"),
        ("/generar/3", "3"),
        ("/robots.txt", "robots"),
        ("/robots_txt", "robots"),
        ("/robots", "robots"),
        ("/by_name", "by name"),
        ("/one", "by name"),
        ("/by_names", "by names"),
        ("/two", "by names"),
        ("/three", "by names"),
        ("/without", "without"),
        ("/nothing", "nothing"),
        ("/Class", "class"),
        ("/Kind", "class"),
    ],
)
def test_a_page_is_served_under_each_of_its_names(site, root, path, text):
    answer = site(root)(path)
    assert (answer.status, answer.text) == (200, text)


def test_an_unknown_name_is_a_404(site, root):
    assert site(root)("/erzeugen").status == 404


def test_subclasses_have_the_aliases_too(site, root):
    class Sub(type(root)):
        @expose
        def generate(self):
            return b"overridden"

    client = site(Sub())
    assert client("/generate").text == "overridden"
    # An alias is a name of the function that it was given to.
    assert client("/generer").text == "8"


def test_a_method_that_is_overridden_has_to_be_exposed_again(site, root):
    class Sub(type(root)):
        def robots(self):
            raise AssertionError("it is not exposed")

    assert site(Sub())("/robots").status == 404
