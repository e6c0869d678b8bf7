import gc
import io
import os
import warnings
import zipfile

import pytest

from cherrypy_core.spool import SpoolFile, close_spool_file, open_spool_file


def test_a_spool_file_can_be_written_and_read():
    with open_spool_file() as file:
        assert isinstance(file, SpoolFile)
        file.write(b"abc")
        file.seek(1)
        assert file.read() == b"bc"


def test_a_spool_file_is_in_memory_until_it_is_large():
    with open_spool_file(10) as file:
        file.write(b"0123456789")
        file.seek(0)
        assert (file.memory_size, file.read()) == (10, b"0123456789")
        file.write(b"a")
        file.flush()
        assert (file.memory_size, file.tell()) == (0, 11)
        file.seek(5)
        file.write(b"-")
        file.truncate(8)
        file.seek(0)
        assert file.read() == b"01234-67"


def test_a_spool_file_is_on_the_disk_from_the_first_byte_if_none_may_be_in_memory():
    with open_spool_file(0) as file:
        file.write(b"abc")
        file.flush()
        assert file.memory_size == 0
    assert file.memory_size == 0


def test_a_spool_file_can_begin_with_content():
    with open_spool_file(3, b"abc") as file:
        assert (file.memory_size, file.tell()) == (3, 3)
        file.write(b"d")
        file.seek(0)
        assert (file.memory_size, file.read()) == (0, b"abcd")
    with open_spool_file(2, b"abc") as file:
        assert file.memory_size == 0
        file.seek(0)
        assert file.read() == b"abc"


def test_a_spool_file_that_is_asked_for_its_descriptor_has_one():
    with open_spool_file() as file:
        file.write(b"abc\ndef")
        file.seek(4)
        descriptor = file.fileno()
        assert os.fstat(descriptor).st_size == 7
        assert (file.name, file.mode, file.isatty()) == (descriptor, "rb+", False)
        assert (file.memory_size, file.read()) == (0, b"def")
        file.seek(0)
        assert file.readline() == b"abc\n"


def test_a_spool_file_is_like_any_binary_file():
    with open_spool_file() as file:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("a", "text")
        with zipfile.ZipFile(file) as archive:
            assert archive.read("a") == b"text"
    with open_spool_file(content="é\nb".encode()) as file:
        file.seek(0)
        assert list(io.TextIOWrapper(file, "utf-8")) == ["é\n", "b"]


@pytest.mark.skipif(os.name == "nt", reason="files that are open have a name there")
def test_a_spool_file_has_no_name(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with open_spool_file(0) as file:
        file.write(b"abc")
        file.flush()
        assert list(tmp_path.iterdir()) == []


def test_a_spool_file_goes_silently_with_its_last_reference():
    gc.disable()
    try:
        file = open_spool_file()
        file.write(b"abc")
        descriptor = file.fileno()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            del file
        with pytest.raises(OSError, match="descriptor"):
            os.fstat(descriptor)
    finally:
        gc.enable()


def test_only_spool_files_are_closed(tmp_path):
    ours = open_spool_file()
    with (tmp_path / "theirs").open("wb") as theirs:
        for file in (ours, theirs, None):
            close_spool_file(file)
        assert (ours.closed, theirs.closed) == (True, False)


def test_a_spool_file_in_a_reference_cycle_goes_silently_too():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(5):
            cycle = [open_spool_file()]
            cycle[0].write(b"abc")
            descriptor = cycle[0].fileno()
            cycle.append(cycle)
            del cycle
            gc.collect()
            with pytest.raises(OSError, match="descriptor"):
                os.fstat(descriptor)
    assert caught == []


@pytest.mark.parametrize("limit", [10, 0], ids=["memory", "disk"])
def test_the_collector_may_come_to_the_file_below_first(limit):
    file = open_spool_file(limit)
    file.write(b"abc")
    below = file.raw._file
    if limit == 0:
        file.flush()
        file.write(b"def")
        below = file.raw._file
    below.close()
    # An error would be reported, and that is one for pytest.
    del file
