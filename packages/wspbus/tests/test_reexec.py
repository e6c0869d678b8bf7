import os
import sys
import zipfile

import pytest

from cherrypy_wspbus import reexec

# The first process restarts; the second one shows what it was started with.
BODY = """
import os, sys
from cherrypy_wspbus import Bus

bus = Bus()
bus.start()
if os.environ.get("SECOND_RUN"):
    print("ARGV", sys.argv[1:])
    print("WARN", sys.warnoptions)
    print("X", sorted(sys._xoptions))
    print("OPTIMIZE", sys.flags.optimize)
    print("CWD", os.getcwd())
    print("NAME", __name__, __package__)
    bus.exit()
else:
    os.environ["SECOND_RUN"] = "yes"
    os.chdir("/")
    sys.argv[1:] = ["changed"]
    print("buffered", end="")
    bus.restart()
bus.block()
"""

pytestmark = pytest.mark.slow


def check(result, tmp_path, *expected):
    assert result.returncode == 0, result.stdout
    assert result.stdout.startswith("buffered")
    lines = result.stdout.removeprefix("buffered").splitlines()
    for line in ("ARGV ['one', 'two words', '']", f"CWD {tmp_path}", *expected):
        assert line in lines


ARGUMENTS = ("one", "two words", "")


def test_a_script_is_run_again_with_its_arguments_in_its_directory(run, tmp_path):
    (tmp_path / "app.py").write_text(BODY)
    check(run("app.py", *ARGUMENTS), tmp_path, "NAME __main__ None")


def test_a_script_whose_path_has_blanks(run, tmp_path):
    folder = tmp_path / "a folder"
    folder.mkdir()
    (folder / "my app.py").write_text(BODY)
    check(run("a folder/my app.py", *ARGUMENTS), tmp_path)


def test_python_m_with_a_module(run, tmp_path):
    (tmp_path / "app.py").write_text(BODY)
    check(run("-m", "app", *ARGUMENTS), tmp_path, "NAME __main__ ")


def test_python_m_with_a_package(run, tmp_path):
    (tmp_path / "pkg" / "sub").mkdir(parents=True)
    for folder in ("pkg", "pkg/sub"):
        (tmp_path / folder / "__init__.py").write_text("")
    (tmp_path / "pkg" / "sub" / "__main__.py").write_text("from pkg import sub\n" + BODY)
    check(run("-m", "pkg.sub", *ARGUMENTS), tmp_path, "NAME __main__ pkg.sub")


def test_python_c(run, tmp_path):
    check(run("-c", BODY, *ARGUMENTS), tmp_path)


def test_the_flags_of_the_interpreter_are_kept(run, tmp_path):
    (tmp_path / "app.py").write_text(BODY)
    flags = ("-W", "ignore::UserWarning", "-Werror::FutureWarning", "-X", "utf8=1", "-Xdev", "-O")
    result = run(*flags, "app.py", *ARGUMENTS)
    check(result, tmp_path, "X ['dev', 'utf8']", "OPTIMIZE 1")
    assert "'ignore::UserWarning', 'error::FutureWarning'" in result.stdout


def test_a_zip_file(run, tmp_path):
    with zipfile.ZipFile(tmp_path / "app.pyz", "w") as archive:
        archive.writestr("__main__.py", BODY)
    check(run("app.pyz", *ARGUMENTS), tmp_path)


def test_a_directory_with_a_main_module(run, tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__main__.py").write_text(BODY)
    check(run("app", *ARGUMENTS), tmp_path)


FILES = """
import os, socket
from cherrypy_wspbus import Bus

bus = Bus()
bus.start()
if os.environ.get("SECOND_RUN"):
    for name in ("LEAKED", "KEPT"):
        try:
            os.fstat(int(os.environ[name]))
            print(name, "open")
        except OSError:
            print(name, "closed")
    bus.exit()
else:
    os.environ["SECOND_RUN"] = "yes"
    listener = socket.socket()
    for name in ("LEAKED", "KEPT"):
        number = os.dup(listener.fileno())
        os.set_inheritable(number, True)
        os.environ[name] = str(number)
    bus.inherited_files.add(number)
    if os.environ.get("LEAVE_FILES"):
        bus.max_cloexec_files = 0
    bus.restart()
bus.block()
"""


def test_files_are_closed_but_for_those_that_are_to_be_inherited(run):
    result = run("-c", FILES)
    assert "LEAKED closed\nKEPT open" in result.stdout


def test_closing_files_can_be_switched_off(run, environment):
    result = run("-c", FILES, env={**environment, "LEAVE_FILES": "1"})
    assert "LEAKED open\nKEPT open" in result.stdout


def test_the_command_line_names_the_interpreter_by_its_full_path(monkeypatch):
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "app", "x y"])
    assert reexec.command_line() == [sys.executable, "-m", "app", "x y"]


def test_an_interpreter_without_a_path_is_started_by_its_name(monkeypatch):
    monkeypatch.setattr(sys, "orig_argv", ["app.exe", "x"])
    monkeypatch.setattr(sys, "executable", "")
    assert reexec.command_line() == ["app.exe", "x"]


def test_an_embedded_interpreter_cannot_be_restarted(monkeypatch):
    monkeypatch.setattr(sys, "orig_argv", [])
    with pytest.raises(RuntimeError, match="embedded in another program"):
        reexec.command_line()


@pytest.mark.parametrize(
    ("count", "expected"),
    [("0", set()), ("2", {3, 4}), ("-1", set()), ("x", set()), ("", set()), ("99999", set())],
)
def test_the_files_of_socket_activation_are_kept(monkeypatch, count, expected):
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
    monkeypatch.setenv("LISTEN_FDS", count)
    assert reexec.activation_files() == expected


def test_the_files_of_another_process_are_not_ours(monkeypatch):
    monkeypatch.setenv("LISTEN_PID", str(os.getppid()))
    monkeypatch.setenv("LISTEN_FDS", "2")
    assert reexec.activation_files() == set()


@pytest.mark.parametrize("listing", [True, False])
def test_open_files_are_marked_up_to_the_limit(monkeypatch, listing):
    if not listing:
        monkeypatch.setattr(os, "listdir", lambda path: (_ for _ in ()).throw(OSError))
    low, kept, high = (os.dup(0) for _ in range(3))
    try:
        for number in (low, kept, high):
            os.set_inheritable(number, True)
        reexec.close_on_exec(high, {kept})
        assert [os.get_inheritable(number) for number in (low, kept, high)] == [False, True, True]
    finally:
        for number in (low, kept, high):
            os.close(number)


def test_a_working_directory_that_was_deleted_is_no_error(monkeypatch, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert reexec.current_directory() is None


def test_arguments_are_quoted_on_windows(monkeypatch):
    got = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "execv", lambda path, arguments: got.append((path, arguments)))
    reexec.replace_process(["C:\\my python.exe", "a b", 'say "x"', "c"], None, 100)
    path, arguments = got[0]
    assert path == "C:\\my python.exe"
    assert arguments == ['"C:\\my python.exe"', '"a b"', '"say \\"x\\""', "c"]


def test_missing_or_closed_standard_streams_are_no_error(monkeypatch):
    class Closed:
        def flush(self):
            raise ValueError

    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", Closed())
    reexec.flush_standard_streams()
