"""Figures of the literature beside ours and three public line sets: judged by tests/test_validity.py, printed on the validation page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
from published_sets import ANATOMY, bands, hip_body, nemeth

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.gluteus_maximus import LineField, gluteus_maximus
from hipspine.mechanics.arms import moment_arms
from hipspine.mechanics.carrying import carried
from hipspine.mechanics.carrying_ensemble import CarriedEnsemble, carried_ensemble
from hipspine.mechanics.carrying_standing import Standing, standing
from hipspine.mechanics.paths import compiled, lengths_and_arms
from hipspine.mechanics.posture import Posture
from hipspine.mechanics.spread import range_over_members
from hipspine.mechanics.whole_body import body_arms
from hipspine.terms import Region, Side
from hipspine.workflows import sacroiliac

MM = 1e3
PLANES = ("hip_flexion", "hip_adduction", "hip_rotation")
ARM_FILES = ANATOMY.parent / "moment_arms"
PUBLIC = {"Rajagopal-Lai-Uhlrich 2023": "RajagopalLai", "gait2392": "gait2392", "Davis 2026": "Davis2026"}
DAVIS_REGIONS = {"glmax1_r": 0, "glmax2_r": 1, "glmax3_r": 2, "glmax4_r": 2, "glmax12_ITB_r": 0, "glmax34_ITB_r": 2}


@dataclass(frozen=True)
class Figure:
    """One figure of the literature."""

    what: str
    source: str  # key of the references
    published: str
    ours: str
    holds: bool | None  # None: reported, no criterion
    criterion: str = ""
    others: dict[str, str] = field(default_factory=dict)  # public line set -> the same figure


@dataclass(frozen=True)
class Glutei:
    """Gluteus maximus of any model, asked alike."""

    name: str
    arms: Callable[[Any], Any]  # (posture, 3) hip angles [rad] -> (posture, line, 3) [mm]
    force: Any  # (line,)
    region: Any  # (line,) 0, 1, 2

    def regions(self, arms: Any) -> Any:
        """(posture, region) means of (posture, line), by force."""
        return np.stack(
            [arms[:, self.region == k] @ self.force[self.region == k] / self.force[self.region == k].sum() for k in range(3)], axis=-1
        )

    def whole(self, arms: Any) -> Any:
        """(posture,) mean over all lines, by force."""
        return arms @ self.force / self.force.sum()


def ours(member: int | None = None) -> Glutei:
    """The shipped field, or one of its ensemble."""
    muscle: LineField = gluteus_maximus(member=member)
    region = np.array([list(Region).index(one) for one in muscle.region])
    return Glutei("hipspine", lambda angles: moment_arms(muscle, _posture(angles)).m * MM, muscle.max_force_n, region)


def public(name: str) -> Glutei:
    """A published line set."""
    body = hip_body("glmax_lines.csv", PUBLIC[name])
    paths = compiled(body, about=[f"{plane}:right" for plane in PLANES])
    place = [DAVIS_REGIONS[line.name] if name.startswith("Davis") else k for k, line in enumerate(body.lines)]

    def arms(angles: Any) -> Any:
        values = np.zeros((len(angles), len(paths.coordinates)))
        values[:, [paths.coordinates.index(f"{plane}:right") for plane in PLANES]] = angles
        return lengths_and_arms(paths, values)[1] * MM

    return Glutei(name, arms, np.array([line.max_force_n for line in body.lines]), np.array(place))


def figures() -> Iterator[Figure]:
    """All figures, one after another; those that need the shared tables are left out where these are absent."""
    if ANATOMY.is_dir():
        every = [ours(), *map(public, PUBLIC)]
        yield from in_bands(every)
        yield nemeth_difference(every)
        yield from turns(every)
        yield trend()
        yield from neighbours()
    yield barker()
    yield hip_on_one_leg()
    yield from disc()


def in_bands(every: list[Glutei]) -> Iterator[Figure]:
    """Share of the published range of angles that each region spends inside the band of the fibres."""
    for axis, (plane, (angle, low, high)) in enumerate(bands().items()):
        angles = np.zeros((angle.size, 3))
        angles[:, axis] = np.radians(angle)
        share = {}
        worst = {}
        for one in every:
            arms = one.arms(angles)[..., axis]
            regions = one.regions(arms)
            share[one.name] = 100 * ((regions >= low[:, None]) & (regions <= high[:, None])).mean(axis=0)
            worst[one.name] = 100 * ((arms >= low[:, None]) & (arms <= high[:, None])).mean(axis=0).min()
        said = {name: f"{'/'.join(f'{v:.0f}' for v in values)}, worst line {worst[name]:.0f}" for name, values in share.items()}
        yield Figure(
            f"{plane.replace('_', ' ')} arm inside the band of the fibres, % of {angle[0]:.0f} to {angle[-1]:.0f} deg, upper/middle/lower",
            "blemker2005",
            "every fibre lies inside",
            said.pop("hipspine"),
            bool((share["hipspine"] >= 95).all()),
            "every region >= 95 %",
            said,
        )


def nemeth_difference(every: list[Glutei]) -> Figure:
    """Extension arm of the whole muscle over 0 to 90 degrees."""
    flexion, published = nemeth().T
    angles = np.zeros((flexion.size, 3))
    angles[:, 0] = np.radians(flexion)
    off = {one.name: float(np.abs(-one.whole(one.arms(angles)[..., 0]) - published).mean()) for one in every}
    mine = off.pop("hipspine")
    return Figure(
        "extension arm of the whole muscle, mean difference over 0 to 90 deg of flexion",
        "nemeth1985",
        f"{published[0]:.0f} mm at 0, {published[-1]:.0f} mm at 90",
        f"{mine:.1f} mm",
        mine <= 5,
        "<= 5 mm",
        {name: f"{value:.1f} mm" for name, value in off.items()},
    )


def turning(one: Glutei) -> list[float | None]:
    """Flexion [deg] at which each region turns from external to internal rotation; None: not up to 90."""
    flexion = np.linspace(0, 90, 361)
    angles = np.zeros((flexion.size, 3))
    angles[:, 0] = np.radians(flexion)
    arms = one.regions(one.arms(angles)[..., 2])
    inwards = [np.flatnonzero(arms[:, region] > 0) for region in range(3)]
    return [float(flexion[found[0]]) if found.size else None for found in inwards]


def turns(every: list[Glutei]) -> Iterator[Figure]:
    """Where flexion turns the rotation arm of each region inwards; the windows are those of three public sets, the direction is Delp's."""
    found = {one.name: turning(one) for one in every}
    mine = found.pop("hipspine")
    windows = ((38.0, 50.0), (61.0, 69.0), None)
    for k, (region, window) in enumerate(zip(Region, windows, strict=True)):
        at = mine[k]
        holds = at is None if window is None else at is not None and window[0] <= at <= window[1]
        yield Figure(
            f"flexion at which the {region} region turns from external to internal rotation",
            "delp1999",
            "toward internal rotation with flexion",
            _degrees(at),
            holds,
            "not up to 90 deg" if window is None else f"{window[0]:.0f} to {window[1]:.0f} deg",
            {n: _degrees(v[k]) for n, v in found.items()},
        )


def trend() -> Figure:
    """How many of six compartments move toward internal rotation between 0 and 90 degrees of flexion."""
    muscle = gluteus_maximus(lines=3)
    arms = moment_arms(muscle, {"hip_flexion_deg": [0, 90]}).m[..., 2]
    towards = int((arms[1] > arms[0]).sum())
    return Figure(
        "compartments of gluteus maximus that move toward internal rotation from 0 to 90 deg of flexion",
        "delp1999",
        "15 of 18 compartments of all hip muscles",
        f"{towards} of {muscle.u.size}",
        towards >= 5,
        ">= 5 of 6",
    )


def neighbours() -> Iterator[Figure]:
    """Moment arms of the muscles around it in the generic adult."""
    flexion = np.arange(-10, 91, 5.0)
    arms = body_arms(BodyModel(), {"hip_flexion_deg:right": flexion})
    lines = {line.name: line for line in BodyModel().lines}

    def mean(muscle: str, axis: str) -> Any:
        chosen = [k for k, name in enumerate(arms.lines) if name in lines and lines[name].muscle == muscle and name.endswith(":right")]
        force = np.array([lines[arms.lines[k]].max_force_n for k in chosen])
        return arms.m[:, chosen, arms.axes.index(f"{axis}:right")] @ force / force.sum() * MM

    psoas = _columns("Arnold2000")
    published = np.stack([np.interp(flexion, psoas["hip_flexion"], 10 * psoas[f"psoas_mean_subj{k}"]) for k in (1, 2, 3)])
    mine = mean("iliopsoas", "hip_flexion")
    off = max(float(np.maximum(published.min(axis=0) - mine, mine - published.max(axis=0)).max()), 0.0)
    yield Figure(
        "flexion arm of psoas over -10 to 90 deg, largest distance from the range of three people",
        "arnold2000",
        f"{published.min():.0f} to {published.max():.0f} mm",
        f"{off:.1f} mm outside",
        off <= 10,
        "<= 10 mm",
    )
    medius = _columns("Dostal1986")
    for axis, column in (("hip_adduction", "glut_med_add"), ("hip_rotation", "glut_med_int_rot")):
        told = np.interp(flexion, medius["hip_flexion"], 10 * medius[column])
        mine = mean("gluteus_medius", axis)
        r = float(np.corrcoef(mine, told)[0, 1])
        yield Figure(
            f"{axis.removeprefix('hip_')} arm of gluteus medius over -10 to 90 deg of flexion: mean difference, correlation",
            "dostal1986",
            f"{told[0]:.0f} to {told[-1]:.0f} mm (straight lines, one skeleton)",
            f"{np.abs(mine - told).mean():.0f} mm, r {r:.2f}",
            r >= 0.9,
            "same course: r >= 0.9",
        )


def barker() -> Figure:
    """Compression of the sacroiliac joint by gluteus maximus alone."""
    found = sacroiliac.document()["normal_n"]
    return Figure(
        "compression of the sacroiliac joint by gluteus maximus at full activation, neutral posture",
        "barker2014",
        "702 N (450 to 1009)",
        f"{found['median']:.0f} N [{found['low']:.0f}, {found['high']:.0f}]",
        bool(abs(found["median"] / 702 - 1) <= 0.15),
        "702 N +- 15 %",
    )


def hip_on_one_leg() -> Figure:
    """Force of the hip in one-leg stance; reported, for the posture of the four people is not in the abstract."""
    body = BodyModel()
    stand, bent = (standing(body, on=Side.RIGHT, bend_rad=np.radians(bend)) for bend in (0.0, 10.0))
    median, low, high = (float(end[0]) for end in range_over_members(_ensemble(body, stand).hip_bw[:, :, 0]))
    over = float(carried(body, bent.q, touches=bent.touches).hip_bw[0, 0])
    upright = float(carried(body, stand.q, touches=stand.touches).hip_bw[0, 0])
    return Figure(
        "contact force of the hip in one-leg stance",
        "bergmann2001",
        "slightly less than 2.38 body weights (4 people, implants)",
        f"{median:.2f} [{low:.2f}, {high:.2f}] body weights, at least {100 * (median / 2.38 - 1):.0f} % above; "
        f"a trunk bent 10 deg over the leg takes {upright - over:.2f} off",
        None,
    )


def disc() -> Iterator[Figure]:
    """Compression of the lumbosacral disc against standing, beside pressures in one man's disc L4/L5."""
    body = BodyModel()
    upright = _ensemble(body, standing(body)).compression_n[:, 0]
    for what, lean, load, published in (
        ("bent forward (ours: 30 deg)", 30.0, 0.0, "2.2 times (1.1 / 0.5 MPa, one man)"),
        ("lifting 20 kg with a round back (ours: held at 60 deg)", 60.0, 20.0, "4.6 times (2.3 / 0.5 MPa, one man)"),
    ):
        stand = standing(body, lean_rad=np.radians(lean), load_kg=load)
        ratio = _ensemble(body, stand).compression_n[:, 0] / upright  # the same seed draws the same bodies
        median, low, high = (float(end) for end in range_over_members(ratio))
        yield Figure(
            f"load of the lower lumbar disc against standing, {what}",
            "wilke1999",
            published,
            f"{median:.1f} [{low:.1f}, {high:.1f}] times",
            None,
        )


def _ensemble(body: BodyModel, stand: Standing) -> CarriedEnsemble:
    return carried_ensemble(body, stand.q, touches=stand.touches, loads=stand.loads, samples=100)


def _posture(angles: Any) -> Posture:
    return Posture.of(**{f"{plane}_rad": angles[:, k] for k, plane in enumerate(PLANES)})


def _degrees(value: float | None) -> str:
    return "not up to 90 deg" if value is None else f"{value:.0f} deg"


def _columns(name: str) -> dict[str, Any]:
    table = scipy.io.loadmat(Path(ARM_FILES / f"{name}.mat"), squeeze_me=True)[name].item()
    return dict(zip(table[0], np.asarray(table[1]).T, strict=True))
