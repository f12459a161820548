"""How parts are found: one module per part in a package, and entry points of other distributions.

A part is a module-level name (``READER``, ``PROTOCOL``) in any module of its package, or in the ``__init__`` of a package inside it: the
modules below are imported when they are needed. A distribution outside hipspine offers the same object by an entry point in the group
``hipspine.readers``, ``hipspine.writers`` or ``hipspine.protocols``.
"""

import importlib
import pkgutil
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

from hipspine.errors import HipspineError


def find(package: ModuleType, attribute: str, *, group: str) -> dict[str, Any]:
    """Every part by its ``name``, built-in ones first, in the order of their module names.

    Args:
        package: the package whose modules are searched, such as ``hipspine.formats``.
        attribute: the module-level name that marks a part, such as ``READER``.
        group: entry-point group of outside parts.

    Raises:
        HipspineError: two parts carry the same name.
    """
    parts: dict[str, Any] = {}
    names = (info.name for info in pkgutil.iter_modules(package.__path__))
    modules = (importlib.import_module(f"{package.__name__}.{name}") for name in names)
    built_in = [getattr(module, attribute) for module in modules if hasattr(module, attribute)]
    outside = [entry.load() for entry in entry_points(group=group)]
    for part in [*built_in, *outside]:
        if part.name in parts:
            raise HipspineError(f"two parts of {group} are named {part.name!r}; rename or uninstall one of them.")
        parts[part.name] = part
    return parts
