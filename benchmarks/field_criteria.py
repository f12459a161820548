"""What a gluteus maximus has to do to be believed: the same criteria for our fields and for published line sets."""

from collections.abc import Callable
from dataclasses import dataclass

import field_data as fd
import numpy as np

from hipspine.anatomy.gluteus_maximus import LineField, harmonics
from hipspine.mechanics.arms import fibre_length, moment_arms, rotations
from hipspine.mechanics.posture import Posture
from hipspine.terms import Floats, Region

MM = 1e3
REGIONS = tuple(Region)


@dataclass(frozen=True)
class Lines:
    """Lines of any model, asked in the same way."""

    name: str
    at: Callable[
        [Floats], tuple[Floats, Floats, Floats]
    ]  # angles -> (q, line) length, (q, line, 3) arms, (q, line) normalised fibre length
    force: Floats
    region: Floats  # (line,) 0, 1, 2
    origin: Floats  # (line, 3) on the bone, from the hip

    def regional(self, values: Floats) -> Floats:
        """(q, region) means of (q, line) by force."""
        chosen = [np.where(self.region == k, self.force, 0.0) for k in range(3)]
        return np.stack([values @ (one / one.sum()) for one in chosen], axis=-1)

    def whole(self, values: Floats) -> Floats:
        return np.asarray(values @ (self.force / self.force.sum()))


def ours(body: LineField) -> Lines:
    def at(angles: Floats) -> tuple[Floats, Floats, Floats]:
        arms = moment_arms(body, Posture.of(hip_flexion_rad=angles[:, 0], hip_adduction_rad=angles[:, 1], hip_rotation_rad=angles[:, 2]))
        return arms.length_m, arms.m, fibre_length(body, arms.length_m)

    region = np.array([REGIONS.index(one) for one in body.region])
    return Lines(body.name, at, body.max_force_n, region, body.origin_m)


def public(model: str) -> Lines:
    lines = fd.public_lines(model)

    def at(angles: Floats) -> tuple[Floats, Floats, Floats]:
        seen = [line.at(angles) for line in lines]
        length = np.stack([one[0] for one in seen], axis=1)
        rest = np.concatenate([line.at(np.zeros((1, 3)))[0] for line in lines])
        norm = np.array([line.neutral_norm for line in lines]) + (length - rest) / np.array([line.optimal for line in lines])
        return length, np.stack([one[1] for one in seen], axis=1), norm

    region = np.array([0, 1, 2] if len(lines) == 3 else [0, 1, 2, 2, 0, 2])  # Davis: 1, 2, 3, 4, tract 1+2, tract 3+4
    return Lines(model, at, np.array([line.force for line in lines]), region, np.array([line.first - line.hip for line in lines]))


@dataclass(frozen=True)
class Measured:
    """Numbers of one set of lines; lengths in mm, shares in percent."""

    name: str
    regions_in_band: Floats  # (plane, region) %
    lines_in_band: Floats  # (plane, line) %
    outside: Floats  # (plane,) mean distance of lines outside the band [mm]
    nemeth: float  # mean difference
    nemeth_curve: Floats  # (whole arm - Nemeth) at 0, 15 ... 90
    turns: tuple[tuple[float, ...], ...]  # flexion at which the rotation arm turns internal [deg], per region
    lower_external: bool
    at_90: Floats  # (region,) rotation arm
    neutral: Floats  # (region,) adduction arm
    spread: Floats  # (plane,) width of all lines / width of the band
    flexes: float  # % of the box in which the whole muscle is a flexor
    worst_flexor: float  # mm
    flexes_everyday: float  # % of the everyday range
    deep: float  # extension arm of the whole at 130 deg
    deep_lines: float  # least extension arm of a line at 130 deg
    possible: float  # % of the box in which a pull from the bone exists
    norm: tuple[float, float]  # normalised fibre length over the everyday range
    excursion: Floats  # (line, 2) change of length from neutral over the everyday range [mm]
    inward: tuple[int, int]  # lines whose rotation arm moves inward from 0 to 90 deg of flexion, of all

    def failures(self) -> list[str]:
        """Criteria that are not met, in words; nothing when all are."""
        upper, middle, _ = self.turns
        rules = {
            "a region leaves the band": float(self.regions_in_band.min()) >= 95,
            "a line leaves the band": float(self.lines_in_band.min()) >= 95,
            "the whole muscle is over 5 mm from Nemeth": self.nemeth <= 5,
            "the upper region turns elsewhere": len(upper) == 1 and 38 <= upper[0] <= 50,
            "the middle region turns elsewhere": len(middle) == 1 and 61 <= middle[0] <= 69,
            "the lower region turns before 90 deg": self.lower_external,
            "no pull from the bone": self.possible >= 99.9,
            "fibres outside 0.5 to 1.6": self.norm[0] >= 0.5 and self.norm[1] <= 1.6,
            "the whole muscle flexes in over 0.5 % of the box": self.flexes <= 0.5,
            "a flexor by over 5 mm": self.worst_flexor <= 5,
            "no extensor at 130 deg": self.deep > 0 and self.deep_lines > 0,
        }
        return [words for words, met in rules.items() if not met]


def measured(lines: Lines, *, postures: int = 20000, seed: int = 3, steps: int = 101) -> Measured:
    """All numbers of the table; ``seed`` chooses the random postures."""
    rng = np.random.default_rng(seed)
    regions, single, outside, spread = [], [], [], []
    for band in fd.bands():
        angles, low, high = band.postures(steps)
        arm = lines.at(angles)[1][:, :, band.axis]
        inside = [100 * ((a >= low[:, None]) & (a <= high[:, None])).mean(0) for a in (lines.regional(arm), arm)]
        regions.append(inside[0])
        single.append(inside[1])
        outside.append(MM * float((np.maximum(low[:, None] - arm, 0) + np.maximum(arm - high[:, None], 0)).mean()))
        spread.append(float((np.ptp(arm, axis=1) / (high - low)).mean()))
    flexion = np.arange(0.0, 131.0)
    sweep = np.zeros((131, 3))
    sweep[:, 0] = np.radians(flexion)
    arm = lines.at(sweep)[1] * MM
    curve = fd.nemeth()
    gap = -lines.whole(arm[:91, :, 0]) - np.interp(flexion[:91], curve[:, 0], curve[:, 1] * MM)
    turn = lines.regional(arm[:, :, 2])
    wide = fd.box(postures, fd.BOX_DEG, rng)
    arms = lines.at(wide)[1]
    whole = lines.whole(arms[:, :, 0]) * MM
    moment = np.linalg.solve(rotations(wide)[1][:, None], arms[..., None])[..., 0]
    everyday = fd.box(postures, fd.EVERYDAY_DEG, rng)
    length, near, norm = lines.at(everyday)
    change = (length - lines.at(np.zeros((1, 3)))[0]) * MM
    return Measured(
        name=lines.name,
        regions_in_band=np.array(regions),
        lines_in_band=np.array(single),
        outside=np.array(outside),
        nemeth=float(np.abs(gap).mean()),
        nemeth_curve=gap[::15],
        turns=tuple(crossings(flexion, turn[:, k]) for k in range(3)),
        lower_external=bool((turn[:91, 2] < 0).all()),
        at_90=turn[90],
        neutral=lines.regional(arm[:1, :, 1])[0],
        spread=np.array(spread),
        flexes=100 * float((whole > 0).mean()),
        worst_flexor=max(0.0, float(whole.max())),
        flexes_everyday=100 * float((lines.whole(near[:, :, 0]) > 0).mean()),
        deep=-float(lines.whole(arm[130:, :, 0])[0]),
        deep_lines=-float(arm[:, :, 0].max()),
        possible=100 * float((np.linalg.norm(moment, axis=-1) < np.linalg.norm(lines.origin, axis=1)).mean()),
        norm=(float(norm.min()), float(norm.max())),
        excursion=np.stack([change.min(0), change.max(0)], axis=1),
        inward=(int((arm[90, :, 2] > arm[0, :, 2]).sum()), int(arm.shape[1])),
    )


def crossings(x: Floats, y: Floats) -> tuple[float, ...]:
    """Where y becomes positive, straight between samples."""
    found = np.flatnonzero((y[:-1] < 0) & (y[1:] >= 0))
    return tuple(float(x[k] - y[k] * (x[k + 1] - x[k]) / (y[k + 1] - y[k])) for k in found)


def least_length(body: LineField, *, grid: int = 200) -> float:
    """A length [m] that no line falls below in ANY rotation of the hip: least value on a grid of directions, less what it may fall between.

    No direction is further than half a cell's diagonal from the grid. On a great circle a harmonic of degree k is a trigonometric sum of
    that degree, whose slope is at most k times its largest value (Bernstein). A bound, not an estimate; -1 where it proves nothing.
    """
    polar = (np.arange(grid) + 0.5) / grid * np.pi
    around = (np.arange(2 * grid) + 0.5) / grid * np.pi
    t, p = (one.ravel() for one in np.meshgrid(polar, around, indexing="ij"))
    ball = np.stack([np.sin(t) * np.cos(p), np.sin(t) * np.sin(p), np.cos(t)], axis=-1)
    apart = np.hypot(np.pi / grid / 2, np.pi / grid / 2)  # on the ball no place is further from the grid than half a cell's diagonal
    reach = np.linalg.norm(body.origin_m, axis=1)
    least = np.inf
    for line, radius in enumerate(reach):
        terms = harmonics(ball * radius)
        squared = terms @ body.coefficients_m2[line]
        degrees = [np.abs(terms[:, part] @ body.coefficients_m2[line, part]).max() for part in (slice(1, 4), slice(4, 9), slice(9, 16))]
        # Bernstein on great circles: a trigonometric sum of degree k has a slope of at most k times its largest value; the largest value
        # itself is at most its largest on the grid over 1 - k * apart
        slope = sum(k * most / (1 - k * apart) for k, most in zip((1, 2, 3), degrees, strict=True))
        least = min(least, float(squared.min()) - slope * apart)
    return float(np.sqrt(least)) if least > 0 else -1.0
