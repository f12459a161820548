"""Bones of the body view as simple forms: pelvis, sacrum, lowest vertebrae, femur, upper shin, kneecap.

They are drawn, not measured: rounded plates and rods between landmarks that follow the muscle attachments of Davis 2026 (MIT) and plain
anatomy, in the frames of our tables (x forward, y up, z right; pelvis: midway between the front spines of the ilia; femur: hip
centre; shin: knee centre). No number of the model is taken from them. Paired bones are those of the right side.
"""

from collections.abc import Mapping
from functools import cache
from itertools import pairwise

import numpy as np

from hipspine.anatomy.body_parts import Vector
from hipspine.report.body_view_surface import Mesh, Part, mesh

CELL_M, BLEND_M = 0.0055, 0.012
HIP_CENTRE_M: Vector = (-0.056276, -0.07849, 0.07726)  # right, in the pelvis
KNEE_CENTRE_M: Vector = (0.0036, -0.4061, -0.0003)  # in the femur

# The ilium from front to back: front upper spine, crest, back upper spine; below it the notch and the socket of the hip.
_ASIS, _TUBERCLE, _CREST, _BACK_CREST, _PSIS = (
    (-0.004, -0.006, 0.119), (-0.034, 0.044, 0.131), (-0.072, 0.072, 0.113), (-0.108, 0.062, 0.074), (-0.136, 0.026, 0.046),
)  # fmt: skip
_WING = (-0.058, 0.016, 0.106)  # the hollow in the middle of the wing
_AIIS, _ROOF, _NOTCH, _SACRAL_EDGE = (-0.024, -0.04, 0.092), (-0.058, -0.042, 0.085), (-0.092, -0.042, 0.062), (-0.106, -0.006, 0.044)
_SOCKET, _ISCHIUM, _SITTING, _SPINE = (-0.056, -0.0785, 0.066), (-0.084, -0.1, 0.06), (-0.094, -0.134, 0.05), (-0.104, -0.082, 0.042)
_TUBERCLE_OF_PUBIS, _SYMPHYSIS, _UNDER = (0.0, -0.078, 0.022), (-0.01, -0.09, 0.007), (-0.033, -0.112, 0.013)


@cache
def bones() -> Mapping[str, Mesh]:
    """The meshes by name; ``hip_bone``, ``femur``, ``tibia`` and ``patella`` are mirrored for the left side.

    ``patella`` stands in the femur's frame with a straight knee.
    """
    return {name: mesh(parts, cell_m=CELL_M, blend_m=BLEND_M) for name, parts in _PARTS.items()}


def _plate(*corners: Vector, thick: float | tuple[float, float, float] = 0.0045) -> Part:
    return Part(corners, thick if isinstance(thick, tuple) else (thick,) * 3, blend=0.15)


def _rod(*path: tuple[Vector, float]) -> list[Part]:
    """Rods one after the other along points with their radii."""
    return [Part((a, b), (r, s), blend=0.3) for (a, r), (b, s) in pairwise(path)]


def _smooth(*points: Vector, between: int = 4) -> list[Vector]:
    """A round course through points (Catmull-Rom)."""
    p = np.array([points[0], *points, points[-1]])
    share = np.arange(between)[:, None] / between
    course = [
        0.5 * (2 * b + (c - a) * share + (2 * a - 5 * b + 4 * c - d) * share**2 + (3 * b - a - 3 * c + d) * share**3)
        for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False)
    ]
    return [(float(x), float(y), float(z)) for x, y, z in [*np.concatenate(course), points[-1]]]


def _hip_bone() -> list[Part]:
    hollow = (HIP_CENTRE_M[0], HIP_CENTRE_M[1], HIP_CENTRE_M[2] + 0.005)
    crest = _smooth(_ASIS, _TUBERCLE, _CREST, _BACK_CREST)
    return [
        *(_plate(a, b, _WING) for a, b in pairwise(crest)),
        _plate(_ASIS, _WING, _ROOF, thick=(0.0045, 0.0045, 0.009)),
        _plate(_BACK_CREST, _ROOF, _WING, thick=(0.0045, 0.009, 0.0045)),
        _plate(_BACK_CREST, _SACRAL_EDGE, _ROOF, thick=(0.0045, 0.007, 0.009)),
        _plate(_BACK_CREST, _PSIS, _SACRAL_EDGE, thick=(0.0045, 0.007, 0.007)),
        _plate(_SACRAL_EDGE, _NOTCH, _ROOF, thick=(0.007, 0.007, 0.009)),
        *_rod((_ASIS, 0.0065), (_AIIS, 0.008), (_ROOF, 0.0115)),
        *_rod(*((point, 0.0068) for point in crest), (_PSIS, 0.0075)),
        Part((_SOCKET,), (0.03,)),
        *_rod((_SOCKET, 0.02), (_ISCHIUM, 0.016), (_SITTING, 0.0165)),
        *_rod((_ISCHIUM, 0.012), (_SPINE, 0.004)),
        *_rod(((-0.036, -0.07, 0.058), 0.014), (_TUBERCLE_OF_PUBIS, 0.0095), (_SYMPHYSIS, 0.0105), (_UNDER, 0.0085), (_SITTING, 0.0095)),
        Part((hollow,), (0.0265,), blend=0.5, cut=True),
    ]  # fmt: skip


def _sacrum() -> list[Part]:
    levels: tuple[tuple[Vector, float, float], ...] = (  # centre, half width, thickness
        ((-0.083, 0.036, 0.0), 0.041, 0.0155), ((-0.104, 0.012, 0.0), 0.04, 0.0135), ((-0.121, -0.01, 0.0), 0.029, 0.0115),
        ((-0.132, -0.03, 0.0), 0.02, 0.0095), ((-0.1355, -0.047, 0.0), 0.013, 0.008),
    )  # fmt: skip
    parts: list[Part] = []
    for (a, wide, thick), (b, next_wide, next_thick) in pairwise(levels):
        left, right, low_left, low_right = ((*p[:2], z) for p, z in ((a, -wide), (a, wide), (b, -next_wide), (b, next_wide)))
        parts += [
            _plate(left, right, low_left, thick=(0.75 * thick, 0.75 * thick, 0.75 * next_thick)),
            _plate(right, low_right, low_left, thick=(0.75 * thick, 0.75 * next_thick, 0.75 * next_thick)),
            *_rod((a, thick), (b, next_thick)),
            *_rod(((a[0] - 0.012, a[1] - 0.004, 0.0), 0.55 * thick), ((a[0] - 0.022, a[1] - 0.01, 0.0), 0.35 * thick)),
        ]
    tail: tuple[tuple[Vector, float], ...] = (((-0.1355, -0.047, 0), 0.0085), ((-0.131, -0.064, 0), 0.007), ((-0.121, -0.079, 0), 0.0045))
    return [*parts, *_rod(*tail)]


def _vertebra(x: float, y: float, tilt: float) -> list[Part]:
    """A lumbar vertebra: body, arch with its three processes; the body's front rises by ``tilt`` [rad]."""
    c, s = np.cos(tilt), np.sin(tilt)

    def at(forward: float, up: float, right: float) -> Vector:
        return (x + c * forward - s * up, y + s * forward + c * up, right)

    body = [_plate(at(0.008, up, 0.0), at(-0.008, up, 0.013), at(-0.008, up, -0.013), thick=0.0095) for up in (-0.007, 0.007)]
    wings = [part for z in (1, -1) for part in _rod((at(-0.026, 0.002, 0.012 * z), 0.006), (at(-0.03, 0.004, 0.042 * z), 0.0035))]
    arch = [part for z in (1, -1) for part in _rod((at(-0.012, 0.004, 0.013 * z), 0.006), (at(-0.034, 0.0, 0.014 * z), 0.0075),
                                                     (at(-0.04, -0.004, 0.0), 0.006))]  # fmt: skip
    spinous = [_plate(at(-0.042, 0.0, 0), at(-0.066, -0.002, 0), at(-0.064, -0.014, 0), thick=0.004)]
    return [*body, *wings, *arch, *spinous]


def _femur() -> list[Part]:
    shaft: tuple[tuple[Vector, float], ...] = (
        ((-0.006, -0.05, 0.04), 0.0165), ((0.0, -0.1, 0.0375), 0.0145), ((0.009, -0.19, 0.0315), 0.0128), ((0.01, -0.28, 0.021), 0.0135),
        ((0.006, -0.345, 0.0115), 0.0165), ((0.003, -0.378, 0.004), 0.02),
    )  # fmt: skip
    return [
        Part(((0.0, 0.0, 0.0),), (0.0245,)),
        *_rod(((0.0, -0.002, 0.006), 0.0165), ((-0.007, -0.022, 0.042), 0.0165)),
        *_rod(((-0.008, -0.008, 0.052), 0.0135), ((-0.01, -0.034, 0.052), 0.0165), ((-0.004, -0.065, 0.042), 0.0135)),
        *_rod(((-0.016, 0.0, 0.05), 0.0085), ((-0.018, -0.03, 0.05), 0.01)),
        *_rod(((-0.008, -0.058, 0.03), 0.011), ((-0.021, -0.056, 0.013), 0.0075)),
        *_rod(*shaft),
        *_rod(((-0.018, -0.062, 0.043), 0.004), ((-0.011, -0.135, 0.038), 0.004), ((-0.002, -0.23, 0.027), 0.0035)),
        *_rod(((0.004, -0.386, -0.022), 0.0185), ((-0.012, -0.402, -0.023), 0.0205)),
        *_rod(((0.004, -0.386, 0.022), 0.0185), ((-0.012, -0.402, 0.024), 0.0205)),
        *_rod(((0.018, -0.38, -0.014), 0.013), ((0.019, -0.38, 0.016), 0.0145)),
    ]  # fmt: skip


def _tibia() -> list[Part]:
    return [
        *_rod(((-0.01, -0.032, -0.021), 0.0175), ((-0.01, -0.032, 0.022), 0.0175)),
        *_rod(((0.004, -0.034, -0.014), 0.0145), ((0.004, -0.034, 0.018), 0.0145)),
        *_rod(((-0.003, -0.044, 0.0), 0.025), ((0.003, -0.08, 0.0), 0.0175), ((0.002, -0.13, 0), 0.0135), ((0.0, -0.19, 0), 0.0122)),
        *_rod(((0.012, -0.06, 0.001), 0.0125), ((0.017, -0.076, 0.001), 0.007)),
        *_rod(((-0.026, -0.052, 0.034), 0.0095), ((-0.024, -0.085, 0.032), 0.0055), ((-0.02, -0.185, 0.03), 0.005)),
    ]  # fmt: skip


_PARTS: Mapping[str, list[Part]] = {
    "hip_bone": _hip_bone(),
    "sacrum": _sacrum(),
    "L5": _vertebra(-0.069, 0.073, -0.3),
    "L4": _vertebra(-0.06, 0.11, -0.1),
    "L3": _vertebra(-0.058, 0.148, 0.02),
    "femur": _femur(),
    "tibia": _tibia(),
    "patella": [_plate((0.044, -0.372, -0.006), (0.044, -0.372, 0.008), (0.043, -0.39, 0.001), thick=0.0095)],
}
