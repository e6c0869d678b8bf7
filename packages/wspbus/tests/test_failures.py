from cherrypy_wspbus import ChannelFailures


def collect(failures, error):
    def fail():
        raise error

    try:
        fail()
    except type(error):
        failures.handle_exception()


def test_no_failures_are_false_and_empty():
    failures = ChannelFailures()
    assert not failures
    assert failures.get_instances() == []
    assert str(failures) == ""


def test_failures_are_collected_in_order():
    failures = ChannelFailures()
    for error in (ValueError("a"), KeyError("b")):
        collect(failures, error)
    assert failures
    assert [type(error) for error in failures.get_instances()] == [ValueError, KeyError]
    assert repr(failures) == str(failures) == "ValueError('a')\nKeyError('b')"


def test_the_list_of_failures_is_a_copy():
    failures = ChannelFailures()
    failures.get_instances().append(ValueError())
    assert not failures


def test_handle_exception_outside_of_an_except_block_does_nothing():
    failures = ChannelFailures()
    failures.handle_exception()
    assert not failures
