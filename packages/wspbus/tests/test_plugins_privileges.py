import grp
import os
import pwd

import pytest

from cherrypy_wspbus.plugins import DropPrivileges


@pytest.fixture
def calls(monkeypatch):
    """Record what would be changed."""
    calls = []
    for name in ("setuid", "setgid", "setgroups", "umask"):
        monkeypatch.setattr(os, name, lambda value, name=name: calls.append((name, value)) or 0o22)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return calls


def test_users_and_groups_are_given_by_name_or_number(bus):
    user, group = pwd.getpwuid(os.getuid()), grp.getgrgid(os.getgid())
    by_name = DropPrivileges(bus, uid=user.pw_name, gid=group.gr_name)
    assert (by_name.uid, by_name.gid) == (user.pw_uid, group.gr_gid)
    by_number = DropPrivileges(bus, uid=1000, gid="1001", umask=0o77)
    assert (by_number.uid, by_number.gid, by_number.umask) == (1000, 1001, 0o77)


@pytest.mark.parametrize("which", ["uid", "gid"])
def test_an_unknown_name_is_refused_at_once(bus, which):
    with pytest.raises(KeyError, match="no-such-name"):
        DropPrivileges(bus, **{which: "no-such-name"})


def test_the_group_is_changed_before_the_user(bus, calls):
    plugin = DropPrivileges(bus, umask=0o77, uid=1000, gid=1001)
    plugin.start()
    assert calls == [("setgroups", [1001]), ("setgid", 1001), ("setuid", 1000), ("umask", 0o77)]
    assert plugin.finalized
    assert "Started as uid: " in bus.text
    assert "Running as uid: " in bus.text
    assert "umask old: 022, new: 077" in bus.text


def test_the_ids_are_changed_once(bus, calls):
    plugin = DropPrivileges(bus, uid=1000, umask=0o77)
    plugin.start()
    del calls[:]
    plugin.start()
    assert calls == []
    assert "Already running as" in bus.text
    assert "umask already set to: 077" in bus.text


def test_the_group_of_the_superuser_is_not_kept_without_a_warning(bus, calls, monkeypatch):
    monkeypatch.setattr(os, "getegid", lambda: 0)
    DropPrivileges(bus, uid=1000, umask=0).start()
    assert "still in the group of the superuser: give a gid, too." in bus.text


def test_nothing_given_changes_nothing_and_says_so(bus, calls):
    DropPrivileges(bus).start()
    assert calls == []
    assert bus.lines == [(30, "uid/gid not set"), (30, "umask not set")]


def test_it_comes_just_after_the_servers():
    assert DropPrivileges.start.priority == 77


def test_where_there_are_no_user_ids_they_are_ignored(bus, monkeypatch):
    monkeypatch.delattr(os, "setuid")
    monkeypatch.delattr(os, "setgid")
    plugin = DropPrivileges(bus, uid="somebody", gid="some")
    assert (plugin.uid, plugin.gid) == (None, None)
    assert [level for level, _ in bus.lines] == [30, 30]


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="needs the superuser")
def test_a_process_of_the_superuser_runs_as_somebody_else(run, script):
    path = script("""
        plugins.DropPrivileges(bus, umask=0o77, uid=12345, gid=12346).subscribe()
        bus.start()
        print("IDS", os.getuid(), os.getgid(), os.getgroups())
        bus.exit()
        """)
    result = run(path)
    assert "IDS 12345 12346 [12346]" in result.stdout
    assert "Running as uid: 12345 gid: 12346" in result.stdout
    assert result.returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="needs the superuser")
def test_a_user_who_may_not_change_is_told_in_one_line(run_for_everyone):
    result = run_for_everyone("""
        os.setuid(12345)
        plugins.DropPrivileges(bus, uid=0, gid=0).subscribe()
        bus.start()
        """)
    assert result.returncode == 70
    assert "LOG 40 Cannot change to uid 0 and gid 0: Operation not permitted" in result.stdout
    assert "Traceback" not in result.stdout


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="needs the superuser")
def test_a_named_user_owns_what_the_process_writes(run, script, tmp_path):
    tmp_path.chmod(0o777)
    path = script("""
        plugins.DropPrivileges(bus, umask=0o027, uid="nobody", gid="nogroup").subscribe()
        bus.start()
        open("written", "w").close()
        bus.exit()
        """)
    result = run(path)
    assert result.returncode == 0, result.stdout
    status = (tmp_path / "written").stat()
    assert status.st_uid == pwd.getpwnam("nobody").pw_uid
    assert status.st_gid == grp.getgrnam("nogroup").gr_gid
    assert status.st_mode & 0o777 == 0o640
