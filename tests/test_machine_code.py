"""Kernels: what Numba keeps on disk belongs to the present source.

Numba keeps machine code by the text of one file. Kernels and constants that come from another file are compiled in, and would go stale
unseen when only that file changes. So every module names in ``COMPILED_IN`` the text of the files that it takes such parts from.
"""

import ast
import hashlib
import importlib
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher

import hipspine

ROOT = Path(str(hipspine.__file__)).parent


def kernel_modules() -> list[str]:
    """Names of all modules that hold a compiled function of their own."""
    found = []
    for file in sorted(ROOT.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        decorators = [one for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for one in node.decorator_list]
        if any("kernel" in ast.unparse(one) or "njit" in ast.unparse(one) for one in decorators):
            found.append(".".join(("hipspine", *file.relative_to(ROOT).with_suffix("").parts)))
    return found


def compiled_in(module: ModuleType) -> list[Path]:
    """Files from which a module takes kernels or constants."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and str(node.module).startswith("hipspine.")]
    kinds = (Dispatcher, int, float, str, tuple, np.ndarray)
    names = {str(node.module) for node in imports if any(isinstance(getattr(module, one.name, None), kinds) for one in node.names)}
    return [Path(str(sys.modules[name].__file__)) for name in sorted(names)]


def test_the_kernels_are_found() -> None:
    found = kernel_modules()
    assert "hipspine.mechanics.paths.pulling" in found
    assert "hipspine.mechanics.sharing_kernel" in found
    assert "hipspine.signals.kernels" in found


@pytest.mark.parametrize("name", kernel_modules())
def test_machine_code_that_is_kept_belongs_to_the_present_source(name: str) -> None:
    module = importlib.import_module(name)
    parts = compiled_in(module)
    text = "".join(part.read_text(encoding="utf-8") for part in parts)
    wanted = hashlib.sha256(text.encode()).hexdigest()[:8] if parts else None
    assert getattr(module, "COMPILED_IN", None) == wanted, f"write COMPILED_IN = {wanted!r} for {', '.join(one.name for one in parts)}"
