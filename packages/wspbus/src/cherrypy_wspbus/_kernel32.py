"""The few functions of Windows that the bus needs, by ctypes: pywin32 is not needed for them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

__all__ = ["Kernel32"]

_MILLISECONDS = 1000


class Kernel32:
    """Console events and event objects of Windows.

    Args:
        library: kernel32.dll; by default it is loaded when it is first needed.
        function_type: what makes a function that Windows can call.
    """

    def __init__(self, library: Any = None, function_type: Any = None) -> None:
        self._library = library
        self._function_type = function_type
        # Windows keeps no reference to the function that it calls.
        self._handler: Any = None

    @property
    def _kernel(self) -> Any:
        if self._library is None:
            import ctypes  # noqa: PLC0415  (slow to import)

            loader: Any = getattr(ctypes, "WinDLL", None)
            if loader is None:
                raise OSError("This system is not Windows: it has no console events.")
            self._function_type = getattr(ctypes, "WINFUNCTYPE", None)
            self._library = loader("kernel32", use_last_error=True)
        return self._library

    def set_console_handler(self, handler: Callable[[int], int] | None) -> None:
        """Have Windows call `handler(event)` in a thread of its own; None to call it no more.

        Raises:
            OSError: if Windows refuses.
        """
        import ctypes  # noqa: PLC0415  (as above)

        kernel = self._kernel
        if handler is not None:
            made = self._function_type(ctypes.c_int, ctypes.c_ulong)(handler)
            if not kernel.SetConsoleCtrlHandler(made, 1):
                raise OSError("SetConsoleCtrlHandler failed: the process has no console?")
            self._handler = made
        elif self._handler is not None:
            made, self._handler = self._handler, None
            if not kernel.SetConsoleCtrlHandler(made, 0):
                raise OSError("SetConsoleCtrlHandler failed: the handler was not known.")

    def create_event(self, is_set: bool) -> int:
        """Return the handle of a new event object that stays set until it is reset.

        Raises:
            OSError: if Windows refuses.
        """
        handle = self._kernel.CreateEventW(None, 1, int(is_set), None)
        if not handle:
            raise OSError("CreateEvent failed: too many handles?")
        return int(handle)

    def set_event(self, handle: int) -> None:
        """Let go who waits for the event."""
        self._kernel.SetEvent(handle)

    def reset_event(self, handle: int) -> None:
        """Have those wait who wait for the event from now on."""
        self._kernel.ResetEvent(handle)

    def wait(self, handles: Sequence[int], seconds: float) -> None:
        """Wait until one of the events is set, or for that time."""
        import ctypes  # noqa: PLC0415  (as above)

        array = (ctypes.c_void_p * len(handles))(*handles)
        timeout = int(seconds * _MILLISECONDS)
        self._kernel.WaitForMultipleObjects(len(handles), array, 0, timeout)
