"""How the kernels of this room are compiled; plain Python underneath (``NUMBA_DISABLE_JIT=1`` gives the same numbers).

One thread, no fast-math: the same input gives the same bytes. Numba keeps the machine code beside the source and looks only at the
file of the outermost kernel, so each file names in ``COMPILED_IN`` the text of the files whose kernels it compiles in (a test says what
to write there).
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from numba import njit

_P = ParamSpec("_P")
_R = TypeVar("_R")

# no kernel makes an array, so none needs to count who holds one: counting took most of the time (measured)
_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}


def kernel(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """The compiled function with the types of its source; compiled at first use, kept on disk, holds no global lock."""
    return cast("Callable[_P, _R]", njit(**_OPTIONS)(function))
