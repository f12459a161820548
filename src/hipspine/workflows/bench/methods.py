"""Onset detection methods under one face: ours, two rules written from their papers, and the packages that are installed.

A method sees one trace, its rate, and (if it wants a baseline) the true rest at the start of the trial. Ours is told nothing.
"""

import contextlib
import importlib
import inspect
import io
import json
import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import metadata
from importlib.resources import files
from itertools import product
from typing import Any

import numpy as np

from hipspine.errors import InputError
from hipspine.signals.onsets import detect_onsets
from hipspine.terms import Floats
from hipspine.workflows.bench import classical, packages
from hipspine.workflows.bench.scores import NOTHING, Detected

OURS = "hipspine"
HEART_HIGH_PASS_HZ = 30.0

Detect = Callable[[Floats, float, float], Detected]


@dataclass(frozen=True, slots=True)
class Method:
    """One detector with fixed parameters, ready to run: ``detect(emg, rate_hz, rest_s)``."""

    name: str
    package: str  # distribution; "paper" for a rule that we wrote from its paper
    version: str
    detect: Detect
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tuned: bool = False
    told: str = "nothing"  # what the method is told of the truth
    at_most: int | None = None  # trials per cell, for slow methods
    only: tuple[str, ...] = ()  # groups of cells and parts of the bench it runs in; empty: all

    def runs_in(self, part: str) -> bool:
        """Whether the method takes part in a group of cells or a part of the bench."""
        return not self.only or part in self.only

    def describe(self) -> dict[str, Any]:
        """For the JSON document."""
        return {
            "name": self.name, "package": self.package, "version": self.version, "status": "installed", "tuned": self.tuned,
            "parameters": dict(self.parameters), "told": self.told, "at_most_trials": self.at_most, "only": list(self.only),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Peer:
    """A detector of a package: how to call it, and which parameters are worth trying."""

    name: str
    package: str
    module: str  # what has to be imported
    run: Callable[..., Detected]  # run(module, emg, rate_hz, rest_s, **parameters)
    default: Mapping[str, Any] = field(default_factory=dict)
    grid: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    told: str = "rest"
    at_most: int | None = None
    only: tuple[str, ...] = ()

    def method(self, *, parameters: Mapping[str, Any] | None = None, tuned: bool = False) -> Method:
        """The detector with the package's (or its paper's) defaults, or with these parameters."""
        settings = dict(self.default if parameters is None else parameters)
        module = importlib.import_module(self.module)
        name = f"{self.name} tuned" if tuned else self.name
        detect = partial(self.run, module, **settings)
        version = version_of("hipspine" if self.package == classical.PACKAGE else self.package)
        return Method(name, self.package, version, detect, settings, tuned, self.told, self.at_most, self.only)

    def candidates(self) -> list[dict[str, Any]]:
        """Every combination of the grid."""
        return [dict(zip(self.grid, values, strict=True)) for values in product(*self.grid.values())]


def ours(emg: Floats, rate_hz: float, rest_s: float) -> Detected:  # noqa: ARG001  the rest is offered and not used
    """`hipspine.detect_onsets`: no baseline, no threshold, no unit."""
    found = detect_onsets(emg, rate_hz=rate_hz)
    return Detected(
        found.on_s, found.off_s, np.stack([found.on_low_s, found.on_high_s], axis=1), np.stack([found.off_low_s, found.off_high_s], axis=1)
    )


def our_method() -> Method:
    """Ours, as anybody calls it."""
    return Method(OURS, "hipspine", version_of("hipspine"), ours)


def high_passed(ready: Sequence[Method], *, only: tuple[str, ...]) -> list[Method]:
    """The same methods behind a 30 Hz high-pass, for the ones that we filter: the usual advice against the heart in trunk EMG.

    Source: Drake and Callaghan 2006, J Electromyogr Kinesiol 16:175-187 (abstract).
    """
    return [
        replace(
            method, name=f"{method.name} 30 Hz", only=only, detect=partial(method.detect, low_hz=HEART_HIGH_PASS_HZ),
            parameters={**method.parameters, "low_hz": HEART_HIGH_PASS_HZ},
        )
        for method in ready
        if isinstance(method.detect, partial) and "low_hz" in inspect.signature(method.detect.func).parameters
    ]  # fmt: skip


def catalogue() -> tuple[Peer, ...]:
    """Every detector we compare with, installed or not."""
    return (*(Peer(**row) for row in classical.ROWS), *(Peer(**row) for row in packages.ROWS))


def methods(which: str) -> tuple[list[Method], list[dict[str, Any]]]:
    """Ours first, then the peers that were asked for and can be imported; and a note for each that cannot.

    Args:
        which: "none" (ours alone), "installed" or "all" (every peer that can be imported), or package names with commas.

    Raises:
        InputError: a package that the bench does not know.
    """
    wanted = _wanted(which)
    ready, absent = [our_method()], list[dict[str, Any]]()
    tuned = tuned_parameters()
    for peer in catalogue():
        if peer.package not in wanted:
            continue
        problem = missing(peer)
        if problem:
            absent.append({"name": peer.name, "package": peer.package, "status": problem})
            continue
        ready.append(peer.method())
        if peer.name in tuned:
            ready.append(peer.method(parameters=tuned[peer.name]["parameters"], tuned=True))
    return ready, absent


def missing(peer: Peer) -> str:
    """Why a peer cannot run, or nothing when it can."""
    try:
        with quiet():
            importlib.import_module(peer.module)
    except ImportError as problem:
        return "not installed" if version_of(peer.package) == "" else f"installed, but cannot be imported: {problem}"
    return ""


def version_of(package: str) -> str:
    """Version of an installed distribution, empty when it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def tuned_parameters() -> dict[str, dict[str, Any]]:
    """The best parameters of each peer's grid, as the tuning run wrote them."""
    peers: dict[str, dict[str, Any]] = _tuning()["peers"]
    return peers


def tuned_recipe() -> dict[str, Any]:
    """How those parameters were found."""
    recipe: dict[str, Any] = _tuning()["recipe"]
    return recipe


def _tuning() -> dict[str, Any]:
    text = files("hipspine.workflows.bench").joinpath("tuned.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def attempt(method: Method, emg: Floats, *, rate_hz: float, rest_s: float) -> tuple[Detected, str]:
    """What the method finds, and what it raised if it did: an error is a miss, and it is counted."""
    try:
        with quiet():
            return method.detect(emg, rate_hz, rest_s), ""
    except Exception as problem:  # a peer may raise anything; the bench goes on
        return NOTHING, f"{type(problem).__name__}: {problem}"[:200]


@contextlib.contextmanager
def quiet() -> Any:
    """Silence a peer's warnings, log and prints, here and only here."""
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


def _wanted(which: str) -> set[str]:
    known = {peer.package for peer in catalogue()}
    if which in ("installed", "all"):
        return known
    names = {name.strip().lower() for name in which.split(",") if name.strip()}
    if names == {"none"}:
        return set()
    unknown = names - known
    if unknown or not names:
        found = ", ".join(sorted(unknown)) or "nothing"
        raise InputError(
            f"peers: {found} is not known to the onset bench; choose all, none, or from {', '.join(sorted(known))} with commas."
        )
    return names
