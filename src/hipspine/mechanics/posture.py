"""Postures: named joint angles, one number each or one array per joint."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from hipspine.errors import ModelError
from hipspine.terms import Floats

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

    angles: Mapping[str, Floats]  # name -> (posture,) [rad], all of one length

    @classmethod
    def of(cls, **angles: ArrayLike) -> "Posture":
        """Angles by name with their unit, ``hip_flexion_deg=[0, 90]`` or ``hip_flexion_rad=0.5``; single numbers are repeated.

        In a mapping a name may carry its side: ``Posture.of(**{"hip_flexion_deg:left": 20})``.

        Raises:
            ModelError: an angle without unit, not a finite number, or lists of different lengths.

        >>> Posture.of(hip_flexion_deg=[0, 90], knee_flexion_deg=20).angles["hip_flexion"]
        array([0.        , 1.57079633])
        """
        found: dict[str, Floats] = {}
        for name, given in angles.items():
            named, _, side = name.partition(":")
            stem, _, unit = named.rpartition("_")
            if unit not in ("deg", "rad") or not stem:
                raise ModelError(f"angle {name!r} has no unit; end it with _deg or _rad, such as {named}_deg{':' + side if side else ''}.")
            values = np.atleast_1d(np.asarray(given, dtype=np.float64))
            if values.ndim != 1 or values.size == 0 or not np.isfinite(values).all():
                raise ModelError(f"{name} is {given!r}; give one finite number or a list of them.")
            found[f"{stem}:{side}" if side else stem] = np.radians(values) if unit == "deg" else values
        sizes = {values.size for values in found.values()} - {1}
        if len(sizes) > 1:
            said = ", ".join(f"{name} has {values.size}" for name, values in found.items())
            raise ModelError(f"angles have different numbers of values ({said}); give lists of one length, or one value each.")
        size = sizes.pop() if sizes else 1
        return cls(MappingProxyType({name: np.ascontiguousarray(np.broadcast_to(values, size)) for name, values in found.items()}))

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


def hip_postures(posture: Posture) -> Floats:
    """(posture, 3) hip angles [rad], after a look at their range.

    Raises:
        ModelError: an angle lies outside the range that a hip can reach.
    """
    for name, (low, high) in {**HIP_RANGE_DEG, KNEE: KNEE_RANGE_DEG}.items():
        degrees = np.degrees(posture[name])
        outside = (degrees < low - 1e-9) | (degrees > high + 1e-9)
        if outside.any():
            raise ModelError(f"{name}_deg is {degrees[outside][0]:g}; give {low:g} to {high:g}.")
    return posture.hip()
