import contextlib
import logging
import os
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cherrypy_core.unrepr import UnreprError, attributes, modules, unrepr


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("-1", -1), ("+1", 1), ("~1", -2), ("0x10", 16), ("1.5e3", 1500.0), (" 1 ", 1),
        ("1+2*3", 7), ("7 - 2", 5), ("5 / 2", 2.5), ("7//2", 3), ("7%2", 1), ("2**10", 1024),
        ("1|2", 3), ("3&1", 1), ("3^1", 2), ("1<<3", 8), ("8>>1", 4), ("'%s!' % 'a'", "a!"),
        ("'a' 'b'", "ab"), ("b'x'", b"x"), ("None", None), ("True", True), ("...", ...),
        ("not True", False), ("[1, *[2, 3]]", [1, 2, 3]), ("(1,)", (1,)), ("1, 2", (1, 2)),
        ("{1: 2, **{3: 4}}", {1: 2, 3: 4}), ("{1, 2}", {1, 2}), ("[1, 2][0]", 1),
        ("{'a': 1}['a']", 1), ("'abc'[0:2]", "ab"), ("'abc'[::-1]", "cba"), ("'abc'[1:]", "bc"),
        ("1 < 2 < 3", True), ("1 < 2 > 3", False), ("1 == 1", True), ("1 != 1", False),
        ("1 in [1]", True), ("1 not in [1]", False), ("None is None", True),
        ("1 is not None", True), ("2 >= 1", True), ("1 <= 0", False), ("1 and 0", 0),
        ("0 or 'x'", "x"), ("1 if 0 else 2", 2), ("os.sep", os.sep), ("int", int),
        ("os.path.join('a', 'b')", f"a{os.sep}b"), ("logging.INFO", logging.INFO),
        ("dict(a=1)", {"a": 1}), ("dict(*[[(1, 2)]], **{'b': 3})", {1: 2, "b": 3}),
        ("'a'.upper()", "A"), ("xml.dom.minidom.__name__", "xml.dom.minidom"),
        ("datetime.timedelta(days=1).days", 1), ("1  # a comment", 1), ("[1,\n2]", [1, 2]),
        ("'a'\n'b'", "ab"), ("__import__('os').sep", os.sep), ("", ""), (None, None),
    ],
)  # fmt: skip
def test_a_value_is_built(text, value):
    assert unrepr(text) == value
    assert type(unrepr(text)) is type(value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nosuch_name", "could not be resolved"),
        ("nosuch_name.x", "could not be resolved"),
        ("os.nosuch", "no attribute 'nosuch'"),
        ("xml.nosuch", "no attribute 'nosuch'"),
        ("a b", "not a Python expression"),
        ("  ", "not a Python expression"),
        ("x = 1", "not a Python expression"),
        ("a\nb", "not a Python expression"),
        ("a\0b", "."),
        ("lambda: 1", "Lambda is not supported"),
        ("[x for x in [1]]", "ListComp is not supported"),
        ("f'{1}'", "JoinedStr is not supported"),
        ("(x := 1)", "NamedExpr is not supported"),
        ("1 / 0", "ZeroDivisionError"),
        ("int('x')", "invalid literal"),
        ("dict(a=1, **{'a': 2})", "given twice"),
        ("[1][5]", "IndexError"),
        ("'a' + 1", "TypeError"),
        ("-" * 100000 + "1", "."),
        ("(" * 1000 + ")" * 1000, "."),
        ("[" * 5000, "."),
    ],
)
def test_what_cannot_be_built_is_named(text, reason):
    with pytest.raises(ValueError, match=reason) as info:
        unrepr(text)
    assert type(info.value) is UnreprError
    assert repr(text)[:200] in str(info.value)


def test_the_cause_of_a_failure_is_attached():
    with pytest.raises(UnreprError) as info:
        unrepr("int('x')")
    assert isinstance(info.value.__cause__, ValueError)
    with pytest.raises(UnreprError) as info:
        unrepr("a b")
    assert isinstance(info.value.__cause__, SyntaxError)


def test_what_is_not_text_is_refused():
    with pytest.raises(UnreprError, match="must be text"):
        unrepr(5)


def test_a_module_that_lacks_another_is_reported_as_such(tmp_path, monkeypatch):
    (tmp_path / "half_a_module").mkdir()
    (tmp_path / "half_a_module" / "__init__.py").write_text("")
    (tmp_path / "half_a_module" / "part.py").write_text("import nosuch_dependency")
    (tmp_path / "broken_module.py").write_text("import nosuch_dependency")
    monkeypatch.syspath_prepend(tmp_path)
    for text in ("half_a_module.part.x", "broken_module"):
        with pytest.raises(UnreprError, match="No module named 'nosuch_dependency'"):
            unrepr(text)
    sys.modules.pop("half_a_module", None)


@given(st.text(max_size=30))
def test_texts_give_values_or_value_errors(text):
    # A name could be that of a module whose import has effects.
    if any(c.isalpha() for c in text):
        text = repr(text)
    with contextlib.suppress(ValueError):
        unrepr(text)


literals = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)  # fmt: skip


@given(literals)
def test_the_repr_of_a_literal_gives_the_literal(value):
    assert unrepr(repr(value)) == value


def test_modules_are_imported():
    assert modules("os.path") is os.path
    assert modules("xml.sax").__name__ == "xml.sax"
    with pytest.raises(ModuleNotFoundError):
        modules("nosuch_module")


def test_dotted_names_are_resolved():
    assert attributes("os.path.join") is os.path.join
    assert attributes("collections.OrderedDict.fromkeys")(["a"]) == {"a": None}
    assert attributes("xml.etree.ElementTree.XML").__name__ == "XML"
    with pytest.raises(AttributeError, match="nope"):
        attributes("os.nope")
    with pytest.raises(ModuleNotFoundError):
        attributes("nosuch_module.x")
    for name in ("os", "", ".", "os.", ".os", "os..path"):
        with pytest.raises(ValueError, match="is not a dotted name"):
            attributes(name)


def test_a_message_quotes_no_more_than_the_beginning_of_a_long_text():
    for text in ("(" * 9_000, "int(" + "'a'+" * 200 + "'b')"):
        with pytest.raises(ValueError, match=r"is not a valid value|has failed") as raised:
            unrepr(text)
        assert text[:200] in str(raised.value).replace('\\"', '"')
        assert len(str(raised.value)) < 1500


def test_a_module_that_another_thread_is_importing_is_waited_for(tmp_path, monkeypatch):
    (tmp_path / "slowly_imported.py").write_text(
        "import threading\ngo_on = threading.Event()\ngo_on.wait(5)\nvalue = 42\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    first = threading.Thread(target=modules, args=["slowly_imported"], daemon=True)
    first.start()
    deadline = time.monotonic() + 5
    while not hasattr(sys.modules.get("slowly_imported"), "go_on"):
        assert time.monotonic() < deadline
    found = []
    second = threading.Thread(
        target=lambda: found.append(attributes("slowly_imported.value")), daemon=True
    )
    second.start()
    second.join(0.05)
    assert found == []
    sys.modules["slowly_imported"].go_on.set()
    second.join(5)
    first.join(5)
    assert found == [42]
    del sys.modules["slowly_imported"]
