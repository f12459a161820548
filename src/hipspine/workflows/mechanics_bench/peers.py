"""OpenSim and MuJoCo, where they can be imported, and why not where they cannot."""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hipspine.errors import InputError

OPENSIM, MUJOCO = "opensim", "mujoco"
NAMES = (OPENSIM, MUJOCO)


@dataclass(frozen=True, slots=True)
class Peers:
    """The peers that take part."""

    modules: dict[str, Any]
    rows: tuple[dict[str, str], ...]  # name, status ("installed" or the reason), version

    def of(self, name: str) -> Any | None:
        """The module, None where the peer does not take part."""
        return self.modules.get(name)

    def why_not(self, name: str) -> str:
        """Why a peer does not take part."""
        return next((row["status"] for row in self.rows if row["name"] == name), "not asked for")


def peers(which: str) -> Peers:
    """The peers that were asked for and can be imported.

    Args:
        which: "installed" or "all" (each that can be imported), "none", or names with commas.

    Raises:
        InputError: an unknown name.
    """
    names = NAMES if which in ("installed", "all") else () if which == "none" else tuple(name.strip() for name in which.split(","))
    if unknown := [name for name in names if name not in NAMES]:
        raise InputError(f"--peers: {unknown[0]!r} is not known; give installed, none, or {', '.join(NAMES)} with commas.")
    modules, rows = dict[str, Any](), []
    for name in names:
        try:
            with quiet():
                modules[name] = importlib.import_module(name)
        except Exception as error:  # a package that is there and broken must not stop the bench
            said = "not installed" if isinstance(error, ModuleNotFoundError) else f"cannot be imported ({type(error).__name__})"
            rows.append({"name": name, "status": said, "version": ""})
            continue
        rows.append({"name": name, "status": "installed", "version": _version(name, modules[name])})
    if OPENSIM in modules:
        modules[OPENSIM].Logger.removeFileSink()  # else it writes a log into the folder of the person
        modules[OPENSIM].Logger.setLevelString("Off")
    return Peers(modules, tuple(rows))


def _version(name: str, module: Any) -> str:
    return str(module.GetVersion().partition("-")[0] if name == OPENSIM else module.__version__)


@contextmanager
def quiet() -> Iterator[None]:
    """Inside this block what a library prints from C++ goes nowhere: stdout belongs to the answer."""
    sys.stdout.flush()
    nowhere, kept = os.open(os.devnull, os.O_WRONLY), os.dup(1)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
