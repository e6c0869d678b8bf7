"""Giving up the rights of the superuser."""

from __future__ import annotations

import logging
import os

from cherrypy_wspbus._priority import priority
from cherrypy_wspbus.failures import SetupError
from cherrypy_wspbus.plugins.simple import SimplePlugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cherrypy_wspbus._bus import Bus

__all__ = ["DropPrivileges"]


class DropPrivileges(SimplePlugin):
    """A plugin that changes user, group and umask on `start` (users and groups on Unix only).

    Its priority is 77, just after the servers at 75: they may bind a port below 1024 first.

    Args:
        bus: the bus.
        umask: the new umask, None to leave it.
        uid: name or number of the user, None to leave it.
        gid: name or number of the group, None to leave it.

    Raises:
        KeyError: if there is no user or group of that name.

    Attributes:
        finalized: true if it has been done.
    """

    def __init__(
        self,
        bus: Bus,
        umask: int | None = None,
        uid: int | str | None = None,
        gid: int | str | None = None,
    ) -> None:
        super().__init__(bus)
        self.finalized = False
        self.uid = uid
        self.gid = gid
        self.umask = umask

    @property
    def uid(self) -> int | None:
        """The user to become, as a number; a name may be assigned."""
        return self._uid

    @uid.setter
    def uid(self, user: int | str | None) -> None:
        if user is not None and not hasattr(os, "setuid"):
            self.bus.log("This system has no user ids; ignoring uid.", level=logging.WARNING)
            user = None
        if isinstance(user, str):
            from pwd import getpwnam  # noqa: PLC0415  (Unix only)

            try:
                user = int(user) if user.isdecimal() else getpwnam(user).pw_uid
            except KeyError:
                raise KeyError(f"This system has no user {user!r}.") from None
        self._uid: int | None = user

    @property
    def gid(self) -> int | None:
        """The group to become, as a number; a name may be assigned."""
        return self._gid

    @gid.setter
    def gid(self, group: int | str | None) -> None:
        if group is not None and not hasattr(os, "setgid"):
            self.bus.log("This system has no group ids; ignoring gid.", level=logging.WARNING)
            group = None
        if isinstance(group, str):
            from grp import getgrnam  # noqa: PLC0415  (Unix only)

            try:
                group = int(group) if group.isdecimal() else getgrnam(group).gr_gid
            except KeyError:
                raise KeyError(f"This system has no group {group!r}.") from None
        self._gid: int | None = group

    @property
    def umask(self) -> int | None:
        """The umask to set."""
        return self._umask

    @umask.setter
    def umask(self, umask: int | None) -> None:
        self._umask: int | None = umask

    @priority(77)
    def start(self) -> None:
        """Change the ids and the umask; the ids only once, there is no way back.

        Raises:
            SetupError: if the process may not do that.
        """
        self._change_ids()
        self._change_umask()
        self.finalized = True

    def _change_ids(self) -> None:
        if self._uid is None and self._gid is None:
            self.bus.log("uid/gid not set", level=logging.WARNING)
            return
        if self.finalized:
            self.bus.log(f"Already running as {_identity()}")
            return
        self.bus.log(f"Started as {_identity()}")
        try:
            self._become()
        except OSError as error:
            problem = f"Cannot change to uid {self._uid} and gid {self._gid}"
            raise SetupError.because(problem, error) from error
        self.bus.log(f"Running as {_identity()}")
        if self._gid is None and os.getegid() == 0:
            message = "The process is still in the group of the superuser: give a gid, too."
            self.bus.log(message, level=logging.WARNING)

    def _become(self) -> None:
        # The group first: without the superuser's rights it could not be changed any more.
        # The supplementary groups are those of the superuser.
        if os.geteuid() == 0:
            os.setgroups([] if self._gid is None else [self._gid])
        if self._gid is not None:
            os.setgid(self._gid)
        if self._uid is not None:
            os.setuid(self._uid)

    def _change_umask(self) -> None:
        if self._umask is None:
            self.bus.log("umask not set", level=logging.WARNING)
            return
        if self.finalized:
            self.bus.log(f"umask already set to: {self._umask:03o}")
            return
        old = os.umask(self._umask)
        self.bus.log(f"umask old: {old:03o}, new: {self._umask:03o}")


def _identity() -> str:
    """Describe the user and the group the process runs as, by name where they have one."""
    from grp import getgrgid  # noqa: PLC0415  (Unix only)
    from pwd import getpwuid  # noqa: PLC0415  (Unix only)

    user: int | str = os.getuid()
    group: int | str = os.getgid()
    try:
        user = getpwuid(os.getuid()).pw_name
        group = getgrgid(os.getgid()).gr_name
    except KeyError:
        # Numbers without a name are common in containers.
        pass
    return f"uid: {user!r} gid: {group!r}"
