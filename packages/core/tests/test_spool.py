import gc
import os
import warnings

import pytest

from cherrypy_core.spool import SpoolFile, close_spool_file, open_spool_file


def test_a_spool_file_can_be_written_and_read():
    with open_spool_file() as file:
        assert isinstance(file, SpoolFile)
        file.write(b"abc")
        file.seek(1)
        assert file.read() == b"bc"


@pytest.mark.skipif(os.name == "nt", reason="files that are open have a name there")
def test_a_spool_file_has_no_name(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with open_spool_file() as file:
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
