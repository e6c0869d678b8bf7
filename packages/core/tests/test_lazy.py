from cherrypy_core.lazy import lazy


class Page:
    made = 0

    @lazy
    def words(self):
        """The words of the page."""
        type(self).made += 1
        return ["lazy"]


def test_the_value_is_made_once_and_on_first_use():
    Page.made = 0
    page = Page()
    assert Page.made == 0
    assert page.words is page.words
    assert Page.made == 1


def test_assigning_replaces_the_computation():
    page = Page()
    page.words = ["other"]
    assert page.words == ["other"]


def test_deleting_has_it_made_again():
    page = Page()
    first = page.words
    del page.words
    assert page.words is not first


def test_instances_have_values_of_their_own():
    assert Page().words is not Page().words


def test_the_class_shows_the_documentation():
    assert Page.words.__doc__ == "The words of the page."
