"""Postures: named joint angles, one number each or one array per joint."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from hipspine.errors import ModelError
from hipspine.terms import Floats, Side

HIP = ("hip_flexion", "hip_adduction", "hip_rotation")
KNEE = "knee_flexion"
HIP_RANGE_DEG = {"hip_flexion": (-30.0, 130.0), "hip_adduction": (-50.0, 40.0), "hip_rotation": (-50.0, 50.0)}
KNEE_RANGE_DEG = (-10.0, 150.0)


@dataclass(frozen=True, slots=True, eq=False)
class Posture:
    """Joint angles of one posture or of many.

    Signs: + flexion, adduction, internal rotation; femur in pelvis = Rz(flexion) Rx(adduction) Ry(rotation). A joint that is not
    named is at 0.
    """

    angles: Mapping[str, Floats]  # name -> (posture,) [rad], all of one length; a copy of what was given, and not to be written to

    def __post_init__(self) -> None:
        angles = {name: np.array(values, dtype=np.float64) for name, values in self.angles.items()}
        for name, values in angles.items():
            if values.ndim != 1 or not np.isfinite(values).all():
                raise ModelError(f"angles of {name!r} are {self.angles[name]!r}; give a row of finite numbers [rad].")
            values.setflags(write=False)
        if len({values.size for values in angles.values()}) > 1:
            said = ", ".join(f"{name} has {values.size}" for name, values in angles.items())
            raise ModelError(f"angles have different numbers of values ({said}); give lists of one length.")
        object.__setattr__(self, "angles", MappingProxyType(angles))

    def __reduce__(self) -> "tuple[type[Posture], tuple[dict[str, Floats]]]":
        return Posture, (dict(self.angles),)  # a mapping that cannot be written to cannot be sent to another process

    @classmethod
    def of(cls, **angles: ArrayLike) -> "Posture":
        """Angles by name with their unit, ``hip_flexion_deg=[0, 90]`` or ``hip_flexion_rad=0.5``; single numbers are repeated.

        In a mapping a name may carry its side: ``Posture.of(**{"hip_flexion_deg:left": 20})``.

        Raises:
            ModelError: an angle without unit, given twice or not a finite number, or lists of different lengths.

        >>> Posture.of(hip_flexion_deg=[0, 90], knee_flexion_deg=20).angles["hip_flexion"]
        array([0.        , 1.57079633])
        """
        found: dict[str, Floats] = {}
        for name, given in angles.items():
            named, _, side = name.partition(":")
            stem, _, unit = named.rpartition("_")
            if unit not in ("deg", "rad") or not stem:
                raise ModelError(f"angle {name!r} has no unit; end it with _deg or _rad, such as {named}_deg{':' + side if side else ''}.")
            try:
                values = np.atleast_1d(np.asarray(given, dtype=np.float64))
            except (TypeError, ValueError):
                raise ModelError(f"{name} is {given!r}; give one finite number or a list of them.") from None
            if values.ndim != 1 or values.size == 0 or not np.isfinite(values).all():
                raise ModelError(f"{name} is {given!r}; give one finite number or a list of them.")
            joint = f"{stem}:{side}" if side else stem
            if joint in found:
                raise ModelError(f"the angle {joint!r} is given in degrees and in radians; give it once.")
            found[joint] = np.radians(values) if unit == "deg" else values
        sizes = {values.size for values in found.values()} - {1}
        if len(sizes) > 1:
            said = ", ".join(f"{name} has {values.size}" for name, values in found.items())
            raise ModelError(f"angles have different numbers of values ({said}); give lists of one length, or one value each.")
        size = sizes.pop() if sizes else 1
        return cls({name: np.broadcast_to(values, size) for name, values in found.items()})

    @property
    def size(self) -> int:
        """How many postures."""
        return next((values.size for values in self.angles.values()), 1)

    def __getitem__(self, name: str) -> Floats:
        """(posture,) angle of one joint [rad]; zeros where it was not named."""
        return self.angles.get(name, np.zeros(self.size))

    def hip(self) -> Floats:
        """(posture, 3) flexion, adduction, rotation of the hip [rad]."""
        return np.stack([self[name] for name in HIP], axis=-1)


def of_leg(posture: Posture, side: Side) -> Posture:
    """The posture as one leg sees it: names that carry its side (``hip_flexion:left``) lose it, and count before those without a side.

    >>> of_leg(Posture.of(**{"hip_flexion_deg:left": 90, "hip_flexion_deg": 0}), Side.LEFT).angles["hip_flexion"]
    array([1.57079633])
    """
    mine = {name.removesuffix(f":{side}"): values for name, values in posture.angles.items() if name.endswith(f":{side}")}
    return Posture({name: values for name, values in posture.angles.items() if not name.endswith(f":{side}")} | mine)


def hip_postures(posture: Posture) -> Floats:
    """(posture, 3) hip angles [rad], after a look at their names and their range.

    Raises:
        ModelError: an angle that is none of hip and knee, or lies outside the range that they can reach.
    """
    if unknown := [name for name in posture.angles if name not in (*HIP, KNEE)]:
        raise ModelError(f"the posture names {unknown[0]!r}, which is no angle of this leg; give {', '.join(HIP)} or {KNEE}.")
    for name, (low, high) in {**HIP_RANGE_DEG, KNEE: KNEE_RANGE_DEG}.items():
        degrees = np.degrees(posture[name])
        outside = (degrees < low - 1e-9) | (degrees > high + 1e-9)
        if outside.any():
            raise ModelError(f"{name}_deg is {degrees[outside][0]:.10g}; give {low:g} to {high:g}.")
    return posture.hip()
