"""Modules with heavy libraries, brought in when their first file is opened: finding the readers imports every module of formats."""

import importlib
from types import ModuleType


def use(name: str) -> ModuleType:
    """The module ``hipspine.formats.<name>``, imported when it is needed and not before.

    >>> use("lazy_module").__name__
    'hipspine.formats.lazy_module'
    """
    return importlib.import_module(f"hipspine.formats.{name}")
