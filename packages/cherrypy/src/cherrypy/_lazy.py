"""Submodules as attributes, imported when somebody first asks for them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

__all__ = ["lazy_modules"]


def lazy_modules(package: str, modules: Mapping[str, str]) -> Callable[[str], ModuleType]:
    """Return a module's `__getattr__`.

    Args:
        package: the name of the module.
        modules: attribute to the full name of the module that it stands for.
    """

    def load(name: str) -> ModuleType:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        import sys  # noqa: PLC0415
        from importlib import import_module  # noqa: PLC0415

        module = import_module(modules[name])
        # From now on found without us.
        setattr(sys.modules[package], name, module)
        return module

    return load
