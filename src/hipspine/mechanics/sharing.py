"""Which muscles carry the moments of a posture: static optimisation, many frames at once, each with a certificate.

Each frame has fewer equations (one per coordinate) than unknowns (one per muscle line), so that the cheapest answer is taken:

    least  sum_j V_j a_j^p / p  +  sum_e c_e f_e^2 / 2  +  sum_i u_i^2 / 2
    with   sum_j a_j arms_force_j  +  sum_e f_e contact_arms_e  +  u_i reserve_i  =  moments
    and    floor <= a <= ceiling,  f >= 0,  the edges of a contact together <= its limit.

The weights V are volumes of muscle: then the answer is the same however many lines a muscle is cut into, which it is not without weights
(Holmberg & Klarbring 2012, doi:10.1007/s11044-011-9277-4 [abstract read]; a test shows it for ours). Reserves make every problem
solvable; where they carry more than their optimal moment, the muscles cannot do the task, and the status says so.

The dual has one multiplier per coordinate and no constraints. Of the multipliers the activations follow in closed form,
``a = clip((x / V)^(1 / (p - 1)))`` with ``x = arms_force . multiplier``: exponents from 2 to 4 cost the same few steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hipspine.errors import ModelError
from hipspine.mechanics import sharing_kernel
from hipspine.mechanics.contacts import Contacts
from hipspine.terms import Floats

FLOOR = 0.01  # no muscle is ever wholly silent; the same default as in OpenSim's muscles
LOWEST_FLOOR = 0.001  # for exponents above 2: at activation 0 their cost has no curvature
EXPONENTS = (2.0, 4.0)
CERTIFIED = 1e-8  # largest residual of a frame that counts as solved
LARGEST = 1e12  # of a moment or weight in its unit; nothing of a body comes near, and products stay far from overflow
TOLERANCE = 1e-11
STEPS = np.array([24, 80, 80])


class Status(IntEnum):
    """How the sharing of one frame ended."""

    SOLVED = 0
    RESERVES = 1  # solved, but a reserve carries more than its optimal moment: the muscles cannot
    STOPPED = 2  # no certificate: the numbers of this frame must not be used


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What each muscle line, contact edge and reserve carries in each frame, and the proof that it is the cheapest way."""

    activation: Floats  # (frame, line) floor to ceiling
    contact: Floats  # (frame, edge) normal force along each edge [N]
    reserve: Floats  # (frame, coordinate) moment that nothing else carries [Nm; N for a slide]
    multiplier: Floats  # (frame, coordinate) what the cost rises by with each further unit of moment
    residual: Floats  # (frame,) largest violation of the conditions of an optimum, as a share of the scale of each
    iterations: NDArray[np.int64]  # (frame,) Newton steps
    cost: Floats  # (frame,)
    status: NDArray[np.int8]  # (frame,) see `Status`
    strained: Floats  # (frame, coordinate) reserve as a share of its optimal moment
    coordinates: tuple[str, ...]

    def __post_init__(self) -> None:
        for array in (self.activation, self.contact, self.reserve, self.multiplier, self.residual, self.cost, self.strained):
            array.setflags(write=False)

    @property
    def solved(self) -> NDArray[np.bool_]:
        """(frame,) whether the certificate holds."""
        return np.asarray(self.status != Status.STOPPED)

    def sentences(self) -> tuple[str, ...]:
        """What a reader must know of frames that are not plainly solved; nothing where all are."""
        said = []
        stopped = np.flatnonzero(self.status == Status.STOPPED)
        if stopped.size:
            worst = stopped[np.argmax(self.residual[stopped])]
            said.append(
                f"Sharing did not converge in {stopped.size} of {self.status.size} frames, worst in frame {worst} "
                f"(residual {self.residual[worst]:.1e}, {self.iterations[worst]} steps); leave these frames out."
            )
        weak = np.flatnonzero(self.status == Status.RESERVES)
        if weak.size:
            frame, axis = np.unravel_index(int(np.argmax(np.abs(self.strained[weak]))), (weak.size, len(self.coordinates)))
            said.append(
                f"The muscles cannot carry the task in {weak.size} of {self.status.size} frames: in frame {weak[frame]} a moment of "
                f"{self.reserve[weak[frame], axis]:.3g} about {self.coordinates[axis]} is left over, "
                f"{abs(self.strained[weak[frame], axis]):.3g} times what its reserve is made for."
            )
        return tuple(said)


def share(
    moments: ArrayLike,
    arms_force: ArrayLike,
    *,
    volume: ArrayLike,
    reserve: ArrayLike,
    exponent: float = 2.0,
    floor: ArrayLike = FLOOR,
    ceiling: ArrayLike = 1.0,
    contacts: Contacts | None = None,
    start: ArrayLike | None = None,
    coordinates: Sequence[str] = (),
) -> Shared:
    """The cheapest activations, contact forces and reserves that make the ``moments`` of each frame.

    Frames of one movement should stand in their order: each starts from the answer before it.

    Args:
        moments: (frame, coordinate) what muscles, contacts and reserves must make together: inverse dynamics without contacts.
        arms_force: (frame, line, coordinate) moment of each line at activation 1: arm times capacity.
        volume: (line,) weight of each line, above 0; see `volumes`.
        reserve: one number or (coordinate,) optimal moment of each reserve, above 0: one that makes it costs half a unit.
        exponent: of the activation in the cost, 2 to 4.
        floor, ceiling: one number or (line,) least and greatest activation; with an exponent above 2 the floor is at least 0.001
            (where it equals the ceiling, the line is held there).
        contacts: points that push, solved together with the muscles.
        start: (coordinate,) multipliers of a neighbour, such as ``before.multiplier[-1]``.
        coordinates: names for messages.

    Raises:
        ModelError: shapes that do not fit, a number that is not finite, a bound or weight outside its range.

    >>> two = share([[30.0]], [[[100.0], [50.0]]], volume=[1.0, 1.0], reserve=0.001, floor=0.0)
    >>> two.activation.round(3).tolist(), two.status.tolist()
    ([[0.24, 0.12]], [0])
    """
    tau, arms = _matrix("moments", moments, 2), _matrix("arms_force", arms_force, 3)
    frames, n = tau.shape
    if arms.shape[0] != frames or arms.shape[2] != n:
        raise ModelError(f"arms_force has shape {arms.shape}; expected ({frames}, line, {n}) to fit the moments.")
    lines = arms.shape[1]
    names = tuple(coordinates) or tuple(f"coordinate {i + 1}" for i in range(n))
    if len(names) != n:
        raise ModelError(f"{len(names)} names of coordinates for {n} columns of moments; give one each.")
    weight, optimal = _vector("volume", volume, lines, least=1 / LARGEST), _vector("reserve", reserve, n, least=1 / LARGEST)
    if not EXPONENTS[0] <= exponent <= EXPONENTS[1]:
        raise ModelError(f"exponent is {exponent}; give {EXPONENTS[0]:g} to {EXPONENTS[1]:g}.")
    low, high = _bounds(floor, ceiling, lines, exponent)
    held = low == high
    if held.any():  # no freedom: their moment is given, and their row is empty
        left, packed = tau - np.matmul(low[held], arms[:, held]), np.array(arms)
        packed[:, held] = 0.0
    else:
        left, packed = tau, arms
    edge_arms, group, cost, limit = _edges(contacts, frames, n)
    muscle = np.stack([weight, low, np.where(held, low + 1, high), weight * low ** (exponent - 1), weight * high ** (exponent - 1)])
    activation, edge, multiplier = np.empty((frames, lines)), np.empty((frames, edge_arms.shape[1])), np.empty((frames, n))
    iterations, imbalance = np.empty(frames, dtype=np.int64), np.empty(frames)
    first = np.zeros(n) if start is None else _vector("start", start, n)
    sharing_kernel.share_frames(
        left, packed, muscle, float(exponent), optimal, edge_arms, group, cost, limit, first, TOLERANCE, STEPS,
        activation, edge, multiplier, iterations, imbalance,
    )  # fmt: skip
    broken = ~(np.isfinite(imbalance) & np.isfinite(activation).all(axis=1) & np.isfinite(multiplier).all(axis=1))
    broken |= ~np.isfinite(edge).all(axis=1)  # no number of such a frame is used: all is left to the reserves, and the certificate fails
    activation[broken], edge[broken], multiplier[broken] = low, 0.0, 0.0
    rest = tau - np.matmul(activation[:, None], arms)[:, 0] - np.matmul(edge[:, None], edge_arms)[:, 0]
    problem = _Problem(tau, arms, weight, exponent, low, high, optimal, edge_arms, group, cost, limit)
    residual = problem.residual(activation, edge, rest, multiplier)
    strained = rest / optimal
    status = np.where((np.abs(strained) > 1).any(axis=1), Status.RESERVES, Status.SOLVED)
    status = np.where(residual <= CERTIFIED, status, Status.STOPPED).astype(np.int8)
    return Shared(activation, edge, rest, multiplier, residual, iterations, problem.cost(activation, edge, rest), status, strained, names)


def volumes(max_force_n: ArrayLike, optimal_fibre_m: ArrayLike) -> Floats:
    """(line,) volume of each line as per cent of all: cross-section, by force at equal tension, times fibre length.

    Per cent, so that the sum stays when a muscle is cut into more lines, and a hundred equal lines have weight 1.

    >>> volumes([300.0, 100.0], [0.1, 0.1])
    array([75., 25.])
    """
    force, fibre = np.asarray(max_force_n, dtype=np.float64), np.asarray(optimal_fibre_m, dtype=np.float64)
    if force.shape != fibre.shape or force.ndim != 1 or force.size == 0:
        raise ModelError(f"max_force_n has shape {force.shape}, optimal_fibre_m {fibre.shape}; give one number for each line.")
    product = _vector("max_force_n", force, force.size, least=1 / LARGEST) * _vector(
        "optimal_fibre_m", fibre, force.size, least=1 / LARGEST
    )
    return np.asarray(100 * product / product.sum())


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """The problem as it was asked, to judge an answer by itself; nothing here knows how it was found."""

    moments: Floats
    arms: Floats
    weight: Floats
    exponent: float
    low: Floats
    high: Floats
    reserve: Floats
    edge_arms: Floats
    group: NDArray[np.int64]
    edge_cost: Floats  # (contact,)
    limit: Floats

    def cost(self, activation: Floats, edge: Floats, rest: Floats) -> Floats:
        """(frame,) what the answer costs."""
        each = np.repeat(self.edge_cost, np.diff(self.group))
        muscles = (self.weight * activation**self.exponent).sum(axis=1) / self.exponent
        return np.asarray(muscles + (each * edge**2).sum(axis=1) / 2 + ((rest / self.reserve) ** 2).sum(axis=1) / 2)

    def residual(self, activation: Floats, edge: Floats, rest: Floats, multiplier: Floats) -> Floats:
        """(frame,) how far the answer is from the conditions of an optimum (Karush, Kuhn, Tucker): balance, prices, bounds.

        A problem that is convex, as this one is, has no better answer than one that fulfils them.
        """
        frames = self.moments.shape[0]
        if frames == 0:
            return np.zeros(0)
        scale = self.reserve + np.abs(self.moments) + np.abs(self.arms).max(axis=1, initial=0.0)
        balance = np.abs(rest - self.reserve**2 * multiplier) / scale
        earned = np.matmul(self.arms, multiplier[:, :, None])[:, :, 0]
        marginal = self.weight * activation ** (self.exponent - 1)
        price = (marginal - earned) / (self.weight + np.abs(earned))
        wrong = np.where(
            activation <= self.low, np.maximum(-price, 0), np.where(activation >= self.high, np.maximum(price, 0), np.abs(price))
        )
        wrong[:, self.low == self.high] = 0.0
        outside = np.maximum(self.low - activation, activation - self.high)
        worst = np.maximum(balance.max(axis=1, initial=0.0), np.maximum(wrong, outside).max(axis=1, initial=0.0))
        if self.edge_cost.size:
            worst = np.maximum(worst, self._contact_residual(edge, multiplier))
        return np.where(np.isfinite(worst), worst, np.inf)

    def _contact_residual(self, edge: Floats, multiplier: Floats) -> Floats:
        size = np.diff(self.group)
        earned = np.matmul(self.edge_arms, multiplier[:, :, None])[:, :, 0]
        marginal = np.repeat(self.edge_cost, size) * edge
        total = np.add.reduceat(edge, self.group[:-1], axis=1)
        full = total >= self.limit * (1 - 1e-9)
        # at its limit a contact has a price of its own: what its edges earn beyond their cost
        pays = np.maximum.reduceat(np.where(edge > 0, earned - marginal, -np.inf), self.group[:-1], axis=1)
        price = np.repeat(np.where(full & np.isfinite(pays), np.maximum(pays, 0), 0), size, axis=1)
        scale = (np.abs(earned) + marginal + price).max(axis=1, keepdims=True)
        gap = (marginal - earned + price) / np.where(scale > 0, scale, 1)
        wrong = np.where(edge > 0, np.abs(gap), np.maximum(-gap, 0)).max(axis=1)
        over = np.maximum(total / self.limit - 1, 0).max(axis=1)
        under = np.maximum(-edge, 0).max(axis=1)
        return np.asarray(np.maximum(wrong, np.maximum(over, under)))


def _matrix(what: str, given: ArrayLike, dimensions: int) -> Floats:
    values = np.ascontiguousarray(given, dtype=np.float64)
    if values.ndim != dimensions:
        shape = "(frame, coordinate)" if dimensions == 2 else "(frame, line, coordinate)"
        raise ModelError(f"{what} has shape {values.shape}; expected {shape}.")
    sound = np.abs(values) < LARGEST
    if not sound.all():
        place = tuple(int(i) for i in np.argwhere(~sound)[0])
        raise ModelError(f"{what} is {values[place]} at {place}; give finite numbers below {LARGEST:g}.")
    return values if values.flags.writeable else values.copy()  # a read-only array would be compiled for once more


def _vector(what: str, given: ArrayLike, size: int, *, least: float = -LARGEST) -> Floats:
    values = np.asarray(given, dtype=np.float64)
    if values.ndim > 1 or (values.ndim == 1 and values.size != size):
        raise ModelError(f"{what} has shape {values.shape}; give one number, or {size} of them.")
    values = np.array(np.broadcast_to(values, size))
    wrong = ~((values >= least) & (values <= LARGEST))
    if wrong.any():
        raise ModelError(f"{what} is {values[wrong][0]} at {int(np.argmax(wrong))}; give a number from {least:g} to {LARGEST:g}.")
    return values


def _bounds(floor: ArrayLike, ceiling: ArrayLike, lines: int, exponent: float) -> tuple[Floats, Floats]:
    low, high = _vector("floor", floor, lines), _vector("ceiling", ceiling, lines)
    wrong = (low < 0) | (low > high)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise ModelError(f"floor is {low[at]:g} and ceiling {high[at]:g} at line {at}; give 0 <= floor <= ceiling.")
    flat = (low < LOWEST_FLOOR) & (low < high)
    if exponent > 2 and flat.any():
        at = int(np.argmax(flat))
        raise ModelError(f"floor is {low[at]:g} at line {at}; with exponent {exponent:g} give at least {LOWEST_FLOOR}, such as {FLOOR}.")
    return low, high


def _edges(contacts: Contacts | None, frames: int, n: int) -> tuple[Floats, NDArray[np.int64], Floats, Floats]:
    if contacts is None:
        return np.zeros((frames, 0, n)), np.zeros(1, dtype=np.int64), np.zeros(0), np.zeros(0)
    if contacts.arms.shape[0] != frames or contacts.arms.shape[2] != n:
        raise ModelError(f"contacts have arms of shape {contacts.arms.shape}; expected ({frames}, edge, {n}) to fit the moments.")
    group = np.arange(len(contacts.names) + 1, dtype=np.int64) * contacts.edges
    return np.array(contacts.arms), group, np.array(contacts.cost), np.array(contacts.limit_n)
