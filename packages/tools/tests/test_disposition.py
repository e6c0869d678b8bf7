import pytest

from cherrypy_tools.disposition import content_disposition


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (None, "attachment"),
        ("a.txt", 'attachment; filename="a.txt"'),
        ("a b;c.txt", 'attachment; filename="a b;c.txt"'),
        ('a"b.txt', "attachment; filename=\"a_b.txt\"; filename*=UTF-8''a%22b.txt"),
        ("a\\b", "attachment; filename=\"a_b\"; filename*=UTF-8''a%5Cb"),
        ("100%41", "attachment; filename=\"100_41\"; filename*=UTF-8''100%2541"),
        ("\u00e9t\u00e9", "attachment; filename=\"ete\"; filename*=UTF-8''%C3%A9t%C3%A9"),
        ("\u20ac", "attachment; filename=\"\"; filename*=UTF-8''%E2%82%AC"),
        ("a'(b)*", 'attachment; filename="a\'(b)*"'),
        ("\u20ac'()*", "attachment; filename=\"'()*\"; filename*=UTF-8''%E2%82%AC%27%28%29%2A"),
        ("a\r\nX: y", 'attachment; filename="aX: y"'),
        ("a\0\x7f", 'attachment; filename="a"'),
        ("\ud800", "attachment; filename=\"\"; filename*=UTF-8''%3F"),
    ],
)
def test_a_file_name_is_sent_in_a_form_that_every_client_reads(name, value):
    assert content_disposition("attachment", name) == value
