"""Simulated recordings as files, each with the truth it was made from beside it."""

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from hipspine.errors import InputError
from hipspine.formats.c3d.writer import c3d_bytes
from hipspine.formats.text.writer import csv_text
from hipspine.signals.recording import Recording
from hipspine.signals.simulation import people
from hipspine.workflows.documents import write_whole

Simulator: TypeAlias = Callable[..., tuple[Recording, dict[str, object]]]
WRITERS: Mapping[str, Callable[[Recording, str], bytes]] = {
    ".c3d": lambda recording, name: c3d_bytes(recording, name=name),
    ".csv": lambda recording, name: csv_text(recording, name=name).encode(),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of recording that can be simulated."""

    simulate: Simulator
    description: str

    @property
    def options(self) -> tuple[str, ...]:
        """What can be chosen, by name."""
        return tuple(name for name in inspect.signature(self.simulate).parameters if name != "rng")


KINDS: Mapping[str, Kind] = {
    "prone-hip-extension": Kind(
        people.prone_hip_extension, "lying prone, six lifts of each straight leg; the left gluteus maximus starts 80 ms later"
    ),
    "trunk-flexion-extension": Kind(people.trunk_flexion_extension, "standing, four times bending forwards, hanging, and rising"),
    "contact": Kind(people.gait, "walking, ten contacts of each foot, with contacts and toe-offs as events"),
    "gait": Kind(people.gait, "walking, the same as contact"),
    "bursts": Kind(people.bursts, "one gluteus maximus with ten bursts"),
    "noise": Kind(people.noise, "four channels of nothing but noise: no onset in it is true"),
}


def simulate(kind: str, *, out: Path, seed: int = 0, **options: Any) -> dict[str, object]:
    """Write a simulated recording and ``<out>.truth.json``; gives the truth. The same seed gives the same bytes.

    Args:
        out: the file to write; its suffix chooses the format, ``.c3d`` or ``.csv``.
        options: as the kind's function takes them, such as ``repetitions=3`` or ``ecg=False``.

    Raises:
        InputError: unknown kind, option or suffix, a seed below 0, or a place that cannot be written.
    """
    chosen = _kind(kind)
    unknown = [name for name in options if name not in chosen.options]
    if unknown:
        raise InputError(f"{kind} has no option {unknown[0]!r}; it takes {', '.join(chosen.options)}")
    suffix = out.suffix.lower()
    if suffix not in WRITERS:
        raise InputError(
            f"{out}: simulated recordings are written as {' or '.join(WRITERS)}; found {suffix or 'no suffix'!r}; change the name"
        )
    if seed < 0:
        raise InputError(f"seed is {seed}; give a whole number of 0 or more")
    recording, truth = chosen.simulate(np.random.default_rng(seed), **options)
    recording = replace(recording, name=out.name, about={**recording.about, "seed": str(seed)})
    whole = {"file": out.name, "seed": seed, **truth}
    write_whole(truth_beside(out), (json.dumps(whole, indent=1, allow_nan=False) + "\n").encode())
    write_whole(out, WRITERS[suffix](recording, out.name))
    return whole


def truth_beside(out: Path) -> Path:
    """Where the truth of a simulated recording stands; it is written first, so that no recording is without its truth."""
    return out.with_name(out.name + ".truth.json")


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise InputError(f"kind {name!r} is not known; choose one of {', '.join(KINDS)}")
    return KINDS[name]
