"""The pelvic ring in standing: what compresses the sacroiliac joints when they are asked to carry less shear (after Pel 2008).

Four bodies in balance: trunk, sacrum, hip bone and leg. Only the right half is solved; the left is its mirror, so that in the plane of
symmetry trunk and sacrum keep three equations each, hip bone and leg six. Joints: L5/S1, sacroiliac (one point: compression at least 0,
shear free), pubic symphysis, hip. Muscles and ligaments pull along the lines of ``pelvis_ring.csv``. Frame: pelvis of gait2392, x forward,
y up, z right. The leg is one piece: the knee is held by what is not in the model.

The model of Pel and colleagues (100 muscle elements, 8 ligaments, 8 joints) is not published line by line in what we could read; this is
a rebuilding with our own landmarks, and its numbers are its own.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog, lsq_linear

from hipspine.errors import ModelError
from hipspine.mechanics.sacroiliac import JointPlane
from hipspine.mechanics.sacroiliac_data import assumption, lines, number
from hipspine.terms import Floats

HIP_M = np.array([-0.0707, -0.0661, 0.0835])  # gait2392
L5S1_M = np.array([-0.1007, 0.0815, 0.0])  # gait2392
JOINT_M = np.array([-0.1146, 0.0503, 0.0447])  # J041
SYMPHYSIS_M = np.array([-0.025, -0.088, 0.0])  # landmark: between the origins of adductor longus
EQUATIONS = 18
FOUR_PAIRS_WITHOUT = ("interosseous_sacroiliac", "short_posterior_sacroiliac", "anterior_sacroiliac", "superior_pubic")
"""What is left out when the ring has eight ligaments as in Pel 2008; which eight those are is our choice."""
_ROWS = {"trunk": slice(0, 3), "sacrum": slice(3, 6), "coxal": slice(6, 12), "leg": slice(12, 18)}
_ABOUT = {"trunk": L5S1_M, "sacrum": JOINT_M, "coxal": JOINT_M, "leg": HIP_M}
_LEVER = 0.1  # [m] moments are divided by it, so that forces and moments are alike in size


class Cost(StrEnum):
    """How the body is thought to choose."""

    LARGEST = "least largest stress, then least squares"  # as Pel 2008: the largest share first
    SQUARES = "least sum of squared stresses"


@dataclass(frozen=True, slots=True, eq=False)
class Ring:
    """The equations of balance: columns are unit forces of what pulls and presses."""

    columns: Floats  # (18, force) balance of trunk, sacrum, hip bone, leg per newton
    load: Floats  # (18,) what the weight leaves to balance
    names: tuple[str, ...]  # (force,)
    kinds: tuple[str, ...]  # (force,) muscle, ligament, push (at least 0), free
    capacity_n: Floats  # (force,) largest force; NaN for joints
    plane: JointPlane


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """One solution."""

    force_n: Floats  # (force,)
    compression_n: float  # of one sacroiliac joint
    shear_n: float  # up, on the sacrum, along the joint
    largest: float  # share of its capacity that the hardest working muscle or ligament uses
    residual_n: float  # largest error of any equation of balance [N, and N per 0.1 m]


def ring(
    *,
    plane: JointPlane | None = None,
    load_n: float | None = None,
    load_forward_m: float = 0.0,
    sizes: Floats | None = None,
    without: tuple[str, ...] = (),
) -> Ring:
    """The ring under a weight.

    Args:
        plane: of the right sacroiliac joint; the sagittal plane by default.
        load_n: weight above the pelvis.
        load_forward_m: how far in front of the hip centres it stands.
        sizes: (element,) factor of each capacity, in the order of `elements`.
        without: elements that are left out.

    Raises:
        ModelError: an unknown element, or a weight that is not above 0.
    """
    plane = JointPlane() if plane is None else plane
    weight = assumption("ring_load_n").value if load_n is None else load_n
    unknown = [name for name in without if name not in elements()]
    if unknown:
        raise ModelError(f"the pelvic ring has no element {unknown[0]!r}; it has {', '.join(elements())}.")
    if not (np.isfinite(weight) and weight > 0):
        raise ModelError(f"load is {weight:g} N; give a weight above 0 N, such as 400.")
    sizes = np.ones(len(elements())) if sizes is None else sizes
    columns, names, kinds, capacity = [], [], [], []
    for size, (name, (kind, most, points)) in zip(sizes, _table().items(), strict=True):
        if name not in without:
            columns.append(_string(points))
            names.append(name)
            kinds.append(kind)
            capacity.append(most * size)
    for name, kind, column in _joints(plane):
        columns.append(column)
        names.append(name)
        kinds.append(kind)
        capacity.append(np.nan)
    stands = HIP_M[0] + load_forward_m
    balance = _act("trunk", np.array([stands, 0.4, 0.0]), np.array([0.0, -weight / 2, 0.0]))
    balance += _act("leg", np.array([stands, -0.9, HIP_M[2]]), np.array([0.0, weight / 2, 0.0]))
    return Ring(np.stack(columns, axis=-1), -balance, tuple(names), tuple(kinds), np.array(capacity), plane)


def elements() -> tuple[str, ...]:
    """Names of all muscles and ligaments of the ring."""
    return tuple(_table())


def solve(body: Ring, *, cost: Cost = Cost.LARGEST, shear_n: float | None = None) -> Balance:
    """Forces that balance the weight at least cost; with ``shear_n`` the vertical shear of each joint is imposed.

    A ligament costs as a muscle does: its force as a share of what it carries when it is stretched by the 0.7 mm by which the joint
    moves between postures (J016). Nothing pulls more than its capacity.

    Raises:
        ModelError: no forces within the capacities balance the weight.
    """
    columns, load = body.columns, body.load
    shear = body.names.index("sacroiliac_shear_up")
    if shear_n is not None:
        load = load - columns[:, shear] * shear_n
    pulls = np.isfinite(body.capacity_n)
    free = np.array([kind == "free" for kind in body.kinds])
    if shear_n is not None:
        free[shear] = False
    bounded = pulls | np.array([kind == "push" for kind in body.kinds])
    joints = columns[:, free]
    rest = np.linalg.svd(joints)[0][:, np.linalg.matrix_rank(joints) :].T  # what no free joint force can balance
    matrix, right = rest @ columns[:, bounded], rest @ load
    scale = np.where(pulls, body.capacity_n, _load_scale(body))[bounded]
    share = _shares(matrix * scale, right, limited=pulls[bounded], cost=cost)
    force = np.zeros(columns.shape[1])
    force[bounded] = share * scale
    if shear_n is not None:
        force[shear] = shear_n
    force[free] = np.linalg.lstsq(joints, body.load - columns @ force, rcond=None)[0]
    return Balance(
        force_n=force,
        compression_n=float(force[body.names.index("sacroiliac_compression")]),
        shear_n=float(force[shear]),
        largest=float(np.max(force[pulls] / body.capacity_n[pulls])),
        residual_n=float(np.abs(columns @ force - body.load).max()),
    )


def less_shear(body: Ring, *, cost: Cost = Cost.LARGEST, shares: tuple[float, ...] = (0.8, 0.6)) -> tuple[Balance, ...]:
    """The free balance, then one balance for each share of its vertical shear."""
    freely = solve(body, cost=cost)
    return (freely, *(solve(body, cost=cost, shear_n=share * freely.shear_n) for share in shares))


def ring_ensemble(
    *, samples: int, rng: np.random.Generator, cost: Cost = Cost.LARGEST, without: tuple[str, ...] = ()
) -> tuple[Floats, int]:
    """(solved, 3) compression [N] freely, at 20 and at 40 % less vertical shear; and how many samples had no balance.

    Sampled: plane of the joint, place of the weight, size of each muscle and ligament (see the assumptions ``ring_...``).
    """
    vertical, forward, stands = (
        assumption(f"ring_{name}").draw(rng, samples)
        for name in ("tilt_about_vertical_deg", "tilt_about_forward_deg", "load_forward_of_hip_m")
    )
    sizes = assumption("ring_size_factor").draw(rng, samples * len(elements())).reshape(samples, -1)
    found = []
    for k in range(samples):
        plane = JointPlane(float(np.radians(vertical[k])), float(np.radians(forward[k])))
        body = ring(plane=plane, load_forward_m=float(stands[k]), sizes=sizes[k], without=without)
        try:
            found.append([one.compression_n for one in less_shear(body, cost=cost)])
        except ModelError:
            continue
    return np.array(found, dtype=np.float64).reshape(-1, 3), samples - len(found)


def rises(compression_n: Floats) -> Floats:
    """(kept, 2) rise of compression at 20 and 40 % less shear as a share of the free one; left out where the free joint is not pressed.

    >>> rises(np.array([[100.0, 170.0, 500.0], [0.0, 10.0, 20.0]])).tolist()
    [[0.7, 4.0]]
    """
    pressed = compression_n[:, 0] > 1.0
    return np.asarray(compression_n[pressed, 1:] / compression_n[pressed, :1] - 1)


def _load_scale(body: Ring) -> float:
    """A force of the size of the load, to keep unknowns alike."""
    return float(np.abs(body.load).max())


def _shares(matrix: Floats, right: Floats, *, limited: NDArray[np.bool_], cost: Cost) -> Floats:
    """Bounded unknowns in units of their scale: least squares of the limited ones, under the equations and the limits."""
    limit = 1.0
    if cost is Cost.LARGEST:
        limit = _least_largest(matrix, right, limited) * (1 + 1e-6)
    weight = np.where(limited, 1.0, 1e-4)  # a joint's push costs nothing; the trace makes the answer one
    heavy = 1e5 / max(np.abs(right).max(), 1.0)
    found = lsq_linear(
        np.vstack([heavy * matrix, np.diag(weight)]),
        np.concatenate([heavy * right, np.zeros(weight.size)]),
        bounds=(0.0, np.where(limited, limit, np.inf)),
        method="bvls",
        tol=1e-13,
        max_iter=500,
    ).x
    if np.abs(matrix @ found - right).max() > 1e-3 * max(np.abs(right).max(), 1.0):
        raise ModelError(
            "no forces within the capacities of muscles and ligaments balance this weight; lower the weight or ask for more shear."
        )
    return _exact(matrix, right, weight, found, upper=np.where(limited, limit, np.inf))


def _exact(matrix: Floats, right: Floats, weight: Floats, near: Floats, *, upper: Floats) -> Floats:
    """The same answer with the equations met to rounding: the unknowns that touch no limit are solved for once more."""
    inner = (near > 1e-9) & (near < upper * (1 - 1e-9))
    a = matrix[:, inner]
    missing = right - matrix[:, ~inner] @ near[~inner]
    inverse = 1 / weight[inner] ** 2
    multiplier = np.linalg.lstsq((a * inverse) @ a.T, missing, rcond=None)[0]
    exact = near.copy()
    exact[inner] = inverse * (a.T @ multiplier)
    return exact if (exact >= -1e-9).all() and (exact <= upper * (1 + 1e-6)).all() else near


def _least_largest(matrix: Floats, right: Floats, limited: NDArray[np.bool_]) -> float:
    """Smallest limit under which the equations can be met (linear programme)."""
    size = limited.size
    under = np.zeros((int(limited.sum()), size + 1))
    under[np.arange(under.shape[0]), np.flatnonzero(limited)] = 1.0
    under[:, -1] = -1.0
    answer = linprog(
        np.append(np.zeros(size), 1.0),
        A_ub=under,
        b_ub=np.zeros(under.shape[0]),
        A_eq=np.hstack([matrix, np.zeros((matrix.shape[0], 1))]),
        b_eq=right,
        bounds=[(0, None)] * size + [(0, 1)],
    )
    if answer.status != 0 or answer.x is None:
        raise ModelError(
            "no forces within the capacities of muscles and ligaments balance this weight; lower the weight or ask for more shear."
        )
    return float(answer.x[-1])


def _act(body: str, at: Floats, force: Floats) -> Floats:
    """(18,) what a force at a point does to the balance of a body; the plane of symmetry takes any force."""
    out = np.zeros(EQUATIONS)
    if body == "midline":
        return out
    moment = np.cross(at - _ABOUT[body], force) / _LEVER
    out[_ROWS[body]] = [force[0], force[1], moment[2]] if body in ("trunk", "sacrum") else [*force, *moment]
    return out


def _string(points: tuple[tuple[str, Floats], ...]) -> Floats:
    """(18,) unit tension along a line of points: each point is drawn to its neighbours."""
    out = np.zeros(EQUATIONS)
    for (first, a), (second, b) in pairwise(points):
        along = (b - a) / np.linalg.norm(b - a)
        out += _act(first, a, along) + _act(second, b, -along)
    return out


def _joints(plane: JointPlane) -> list[tuple[str, str, Floats]]:
    def pair(name: str, kind: str, gets: str, gives: str, at: Floats, along: Floats) -> tuple[str, str, Floats]:
        return name, kind, _act(gets, at, along) + _act(gives, at, -along)

    x, y, z = np.eye(3)
    return [
        pair("l5s1_forward", "free", "sacrum", "trunk", L5S1_M, x),
        pair("l5s1_compression", "free", "sacrum", "trunk", L5S1_M, -y),
        pair("sacroiliac_compression", "push", "coxal", "sacrum", JOINT_M, plane.normal),
        pair("sacroiliac_shear_up", "free", "sacrum", "coxal", JOINT_M, plane.up),
        pair("sacroiliac_shear_forward", "free", "sacrum", "coxal", JOINT_M, plane.forward),
        pair("symphysis", "free", "coxal", "midline", SYMPHYSIS_M, z),
        *(pair(f"hip_{name}", "free", "coxal", "leg", HIP_M, axis) for name, axis in zip("xyz", (x, y, z), strict=True)),
    ]


@cache
def _table() -> dict[str, tuple[str, float, tuple[tuple[str, Floats], ...]]]:
    """Element -> kind, largest force [N], its points with the body of each."""
    newton = {"N": 1.0, "cm2": number("J006"), "N/mm": number("J016")}  # per unit of capacity: tension [N/cm2], stretch [mm]
    out: dict[str, tuple[str, float, tuple[tuple[str, Floats], ...]]] = {}
    for line in lines("pelvis_ring"):
        at = np.array([float(line[f"{axis}_m"]) for axis in "xyz"])
        kind, most, points = out.get(line["element"], (line["kind"], float(line["capacity"]) * newton[line["capacity_unit"]], ()))
        out[line["element"]] = (kind, most, (*points, (line["body"], at)))
    return out
