"""Segments, joints and coordinates of the generic adult in standing: pelvis, sacrum, five lumbar vertebrae, trunk with head, arms, legs.

Every frame is parallel to the pelvis in standing (x forward, y up, z right). The pelvis begins midway between the anterior superior
iliac spines, the sacrum shares its frame, every other segment begins at the joint that carries it. Masses and their radii: de Leva 1996.
The trunk is cut at the lumbar joints as a stack of slices, even along each of de Leva's three parts; the line from the hips to the
shoulders carries their mass centres, as his long axis does. The sacrum has 0 kg of its own: its mass is in the pelvis.
"""

import math
from functools import cache

import numpy as np

from hipspine.anatomy import generic_spine as spine
from hipspine.anatomy.body_parts import Coordinate, Course, Curve, Joint, Motion, Segment, Vector
from hipspine.anatomy.generic_values import ALL, SEXES, value
from hipspine.terms import Floats, Side

GROUND, PELVIS, SACRUM, THORAX = "ground", "pelvis", "sacrum", "thorax"
THIGH, SHANK, FOOT, UPPER_ARM, FOREARM, HAND = "thigh", "shank", "foot", "upper_arm", "forearm", "hand"
LIMBS = (THIGH, SHANK, FOOT, UPPER_ARM, FOREARM, HAND)
X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
_STILL = Curve(Course.CONSTANT, (0.0,))
_AS_IT_IS = Curve(Course.LINEAR, (1.0, 0.0))
_TURN = math.pi
_RANGES_DEG = {  # what the coordinate may hold; people reach less
    "hip_flexion": (-30, 130), "hip_adduction": (-50, 40), "hip_rotation": (-50, 50),
    "knee_flexion": (-10, 150), "ankle_dorsiflexion": (-60, 40),
    "shoulder_flexion": (-70, 190), "shoulder_adduction": (-190, 60), "shoulder_rotation": (-100, 100), "elbow_flexion": (-10, 155),
    "lumbar_flexion": (-35, 75), "lumbar_bending": (-40, 40), "lumbar_rotation": (-30, 30),
}  # fmt: skip


def of(segment: str, side: Side) -> str:
    """Name of a segment or coordinate of one side.

    >>> of("thigh", Side.RIGHT)
    'thigh:right'
    """
    return f"{segment}:{side}"


@cache
def joint_centres() -> dict[str, Floats]:
    """(3,) where each segment begins in standing, pelvis frame, by segment name; right and left."""
    scale = value("reference", "height") / value("deleva", "stature", "male")
    hip = np.array([value("reference", f"hip:{axis}") for axis in "xyz"])
    knee = hip + [value("reference", f"knee:{axis}") for axis in "xyz"]
    ankle = knee - [0, value("deleva", "shank:length", "male") * scale, 0]
    width = value("stature_share", "shoulder_half_width") * value("reference", "height")
    shoulder = np.array([hip[0], hip[1] + value("deleva", "trunk_to_shoulder:length", "male") * scale, width])
    elbow = shoulder - [0, value("deleva", "upper_arm:length", "male") * scale, 0]
    wrist = elbow - [0, value("deleva", "forearm:length", "male") * scale, 0]
    found = {PELVIS: np.zeros(3), SACRUM: np.zeros(3), THORAX: spine.t12_l1()}
    found |= {name: one.joint_m for name, one in spine.lumbar().items()}
    for side, mirror in ((Side.RIGHT, 1.0), (Side.LEFT, -1.0)):
        for name, at in zip((THIGH, SHANK, FOOT, UPPER_ARM, FOREARM, HAND), (hip, knee, ankle, shoulder, elbow, wrist), strict=True):
            found[of(name, side)] = at * [1, 1, mirror]
    return found


def segments(*, sex: str = "male", mass_kg: float | None = None, longer: float = 1.0) -> tuple[Segment, ...]:
    """Rigid parts with their masses, mass centres and inertias.

    Args:
        sex: whose shares of mass, mass centres and radii: male, female, or all for the mean of both.
        mass_kg: of the whole body; None: that of the generic adult.
        longer: all lengths as a multiple of the generic adult's.
    """
    mass = value("reference", "body_mass") if mass_kg is None else mass_kg
    whole = sum(_share(name, sex) * (2 if name in LIMBS else 1) for name in (*LIMBS, "head", "upper_trunk", "middle_trunk", "lower_trunk"))
    per_share = mass / whole  # the women's shares add up to 0.9999
    start = joint_centres()
    found = [Segment(SACRUM, 0.0, (0.0, 0.0, 0.0), (0.0,) * 6)]
    for name, slices in _trunk(sex).items():
        found.append(_joined(name, [(share * per_share, (at - start[name]) * longer, radii * longer) for share, at, radii in slices]))
    for limb in LIMBS:
        for side in (Side.RIGHT, Side.LEFT):
            centre, radii = _limb(limb, sex)
            found.append(
                _joined(
                    of(limb, side),
                    [(_share(limb, sex) * per_share, centre * longer * [1, 1, 1 if side is Side.RIGHT else -1], radii * longer)],
                )
            )
    return tuple(sorted(found, key=lambda one: one.name != PELVIS))


def joints() -> tuple[Joint, ...]:
    """Joints from the ground and the pelvis outwards."""
    root = tuple(
        Motion(axis, _AS_IT_IS, name, True) for axis, name in zip((Z, X, Y), ("pelvis_tilt", "pelvis_list", "pelvis_rotation"), strict=True)
    )
    root += tuple(
        Motion(axis, _AS_IT_IS, name, False) for axis, name in zip((X, Y, Z), ("pelvis_tx", "pelvis_ty", "pelvis_tz"), strict=True)
    )
    found = [Joint("ground_pelvis", GROUND, PELVIS, root), _joint("sacroiliac", PELVIS, SACRUM)]
    down = SACRUM
    for disc, vertebra in zip(spine.MOVING, spine.VERTEBRAE, strict=True):
        axes = zip(((0.0, 0.0, -1.0), X, Y), spine.BENDS, strict=True)
        found.append(_joint(disc, down, vertebra, tuple((axis, f"lumbar_{bend}:{disc}") for axis, bend in axes)))
        down = vertebra
    found.append(_joint("T12_L1", down, THORAX))
    for side in (Side.RIGHT, Side.LEFT):
        mirror = 1.0 if side is Side.RIGHT else -1.0
        ball = (Z, (mirror, 0.0, 0.0), (0.0, mirror, 0.0))
        found += [
            _joint(
                of("hip", side),
                PELVIS,
                of(THIGH, side),
                tuple(zip(ball, (of(f"hip_{one}", side) for one in ("flexion", "adduction", "rotation")), strict=True)),
            ),
            _joint(of("knee", side), of(THIGH, side), of(SHANK, side), (((0.0, 0.0, -1.0), of("knee_flexion", side)),)),
            _joint(of("ankle", side), of(SHANK, side), of(FOOT, side), ((Z, of("ankle_dorsiflexion", side)),)),
            _joint(
                of("shoulder", side),
                THORAX,
                of(UPPER_ARM, side),
                tuple(zip(ball, (of(f"shoulder_{one}", side) for one in ("flexion", "adduction", "rotation")), strict=True)),
            ),
            _joint(of("elbow", side), of(UPPER_ARM, side), of(FOREARM, side), ((Z, of("elbow_flexion", side)),)),
            _joint(of("wrist", side), of(FOREARM, side), of(HAND, side)),
        ]
    return tuple(found)


def coordinates() -> tuple[Coordinate, ...]:
    """Degrees of freedom with their ranges; the bends of single discs follow those of the whole lumbar spine.

    Signs: hips and shoulders + flexion, adduction, internal rotation; + knee flexion, ankle dorsiflexion, elbow flexion; lumbar + flexion,
    bending to the right, rotation to the left; pelvis + tilt backward (lean back), list to the right, rotation to the left.
    """
    found = [Coordinate(name, -_TURN, _TURN) for name in ("pelvis_tilt", "pelvis_list", "pelvis_rotation")]
    found += [Coordinate(name, -10.0, 10.0, is_length=True) for name in ("pelvis_tx", "pelvis_ty", "pelvis_tz")]
    for bend in spine.BENDS:
        low, high = _range(f"lumbar_{bend}")
        found.append(Coordinate(f"lumbar_{bend}", low, high))
        for disc, share in spine.shares(bend).items():
            found.append(
                Coordinate(
                    f"lumbar_{bend}:{disc}", low * share, high * share, follows=(f"lumbar_{bend}", Curve(Course.LINEAR, (share, 0.0)))
                )
            )
    for side in (Side.RIGHT, Side.LEFT):
        found += [Coordinate(of(name, side), *_range(name)) for name in _RANGES_DEG if not name.startswith("lumbar")]
    return tuple(found)


def _range(name: str) -> tuple[float, float]:
    low, high = _RANGES_DEG[name]
    return math.radians(low), math.radians(high)


def _joint(name: str, parent: str, child: str, turns: tuple[tuple[Vector, str], ...] = ()) -> Joint:
    """A joint whose frames are those of the segments, turned in the order of ``turns``."""
    start = joint_centres()
    motions = tuple(Motion(axis, _AS_IT_IS, coordinate, True) for axis, coordinate in turns)
    return Joint(name, parent, child, motions, parent_position=_vector(start[child] - start[parent]))


def _share(name: str, sex: str) -> float:
    return _deleva(f"{name}:mass_share", sex)


def _deleva(what: str, sex: str) -> float:
    """A value of de Leva 1996 for one sex, or the mean of both."""
    return sum(value("deleva", what, one) for one in SEXES) / len(SEXES) if sex == ALL else value("deleva", what, sex)


def _radii(name: str, sex: str) -> Floats:
    """(3,) radii of gyration about x, y, z as shares of the part's length."""
    return np.array([_deleva(f"{name}:radius_{axis}", sex) for axis in "xyz"])


def _limb(name: str, sex: str) -> tuple[Floats, Floats]:
    """(3,) mass centre of a right limb segment from its start, and (3,) its radii of gyration [m], in the generic adult's lengths."""
    start = joint_centres()
    scale = value("reference", "height") / value("deleva", "stature", "male")
    length = value("deleva", f"{name}:length", "male") * scale
    along = _deleva(f"{name}:mass_centre_share", sex)
    if name == FOOT:
        heel, sole = value("foot", "heel:forward"), value("stature_share", "ankle_height") * value("reference", "height")
        return np.array([heel + along * length, -sole / 2, 0.0]), _radii(name, sex) * length
    ends = {THIGH: SHANK, SHANK: FOOT, UPPER_ARM: FOREARM, FOREARM: HAND}
    down = np.array([0.0, -length, 0.0])
    if name in ends:
        down = start[of(ends[name], Side.RIGHT)] - start[of(name, Side.RIGHT)]
    return along * down, _radii(name, sex) * float(np.linalg.norm(down))


def _trunk(sex: str) -> dict[str, list[tuple[float, Floats, Floats]]]:
    """Slices of trunk and head by segment: share of the body's mass, (3,) mass centre in the pelvis frame, (3,) radii of gyration [m]."""
    start = joint_centres()
    hip = start[of(THIGH, Side.RIGHT)]
    scale = value("reference", "height") / _deleva("stature", sex)
    cuts = [-math.inf, *(start[name][1] for name in (*spine.VERTEBRAE, THORAX)), math.inf]
    names = (PELVIS, *spine.VERTEBRAE, THORAX)
    found: dict[str, list[tuple[float, Floats, Floats]]] = {name: [] for name in names}
    bottom = hip[1]
    for part in ("lower_trunk", "middle_trunk"):
        length = _deleva(f"{part}:length", sex) * scale
        slim = (_radii(part, sex) * length) ** 2 - np.array([1, 0, 1]) * length**2 / 12  # without the spread along its height
        slim[1] = min(slim[1], slim[0] + slim[2])  # what a solid slice can have; the middle trunk's printed radius lies 2 % above it
        for name, low, high in zip(names, cuts[:-1], cuts[1:], strict=True):
            thick = min(high, bottom + length) - max(low, bottom)
            if thick > 0:
                at = np.array([hip[0], max(low, bottom) + thick / 2, 0.0])
                radii = np.sqrt(slim + np.array([1, 0, 1]) * thick**2 / 12)
                found[name].append((_share(part, sex) * thick / length, at, radii))
        bottom += length
    for part, top in (("upper_trunk", bottom + _deleva("upper_trunk:length", sex) * scale), ("head", _vertex(sex))):
        length = _deleva(f"{part}:length", sex) * scale
        at = np.array([hip[0], top - _deleva(f"{part}:mass_centre_share", sex) * length, 0.0])
        found[THORAX].append((_share(part, sex), at, _radii(part, sex) * length))
    return found


def _vertex(sex: str) -> float:
    """Height of the top of the head above the origin of the pelvis [m]."""
    scale = value("reference", "height") / _deleva("stature", sex)
    trunk, head = _deleva("trunk_to_neck:length", sex), _deleva("head:length", sex)
    return float(joint_centres()[of(THIGH, Side.RIGHT)][1] + (trunk + head) * scale)


def _joined(name: str, parts: list[tuple[float, Floats, Floats]]) -> Segment:
    """One segment out of parts (mass, mass centre, radii of gyration about axes parallel to the frame)."""
    mass = sum(one for one, _, _ in parts)
    centre = sum((one * at for one, at, _ in parts), np.zeros(3)) / mass
    inertia = np.zeros((3, 3))
    for one, at, radii in parts:
        away = at - centre
        inertia += one * (np.diag(radii**2) + away @ away * np.eye(3) - np.outer(away, away))
    (xx, xy, xz), (_, yy, yz), (_, _, zz) = inertia.tolist()
    return Segment(name, float(mass), _vector(centre), (xx, yy, zz, xy, xz, yz))


def _vector(at: Floats) -> Vector:
    x, y, z = (float(one) for one in at)
    return x, y, z
