"""The fit of the gluteus maximus field: what is asked of it, as residuals with their exact slopes, and a damped Gauss-Newton search.

The squared length of every line is linear in the unknowns x (layer, knot, harmonic), so that lengths, arms and all slopes follow from
two fixed matrices per set of postures. Residuals are in units of their own spread; one-sided ones (`hinge`) are 0 inside what is allowed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import field_data as fd
import numpy as np
from numpy.typing import NDArray

from hipspine.anatomy.gluteus_maximus import SCALE_M, harmonics
from hipspine.mechanics.arms import rotations
from hipspine.terms import Floats

UNIT = 1e-4  # one unknown is a square centimetre
KNOTS = np.linspace(0, 1, 4)  # of the coefficients
LINES = 9
U = np.concatenate([[0.0], (np.arange(LINES) + 0.5) / LINES, [1.0]])  # the edges carry no force but have to fit as well
TERMS = 16
ORIGIN_SHIFT = np.array([[-4.8, -1.5, -8.4], [-5.2, -0.1, 8.3], [-5.0, -2.0, 8.2]]) * 1e-3
"""From published points on the bone to ours: found by a search within 10 mm for the least sum of squares, so as far as the data want it."""
MM = 1e3


@dataclass(frozen=True)
class Anatomy:
    """What the fit takes as given, at the three knots."""

    origin: Floats  # (knot, 3) from the hip
    force: Floats  # (3,) of the regions
    tract_share: float
    optimal: Floats  # (layer, knot)
    pennation: Floats  # (layer, knot)
    norm: Floats  # (layer, knot) normalised fibre length in neutral


@dataclass(frozen=True)
class Wanted:
    """Targets and weights; an ensemble varies them within what the sources leave open."""

    turn_deg: tuple[float, float] = (44.5, 65.5)
    turn_weight: float = 4.0
    turned_at_90: tuple[tuple[float, float], tuple[float, float]] = ((0.010, 0.024), (0.003, 0.014))  # upper, middle
    lower_at_90: tuple[float, float] = (-0.012, -0.006)
    neutral_adduction: tuple[tuple[float, float], ...] = ((-0.026, -0.015), (-0.014, 0.0), (0.024, 0.050))  # per region
    nemeth_shift: Floats = field(default_factory=lambda: np.zeros(91))  # [m]
    edge_shift: Floats = field(default_factory=lambda: np.zeros((3, 2)))  # (plane, low/high) [m]
    prior_arms: Floats | None = None  # (posture, layer, line, 3) [m] in mixed postures
    prior_length: Floats | None = None  # (posture, layer, line) change from neutral [m]
    start: Floats | None = None
    prior_spread: float = 0.012  # [m] by which public line sets differ in mixed postures
    prior_weight: float = 0.2
    nemeth_limit: float = 6.0  # [mm] beyond which a difference grows no worse: the band keeps every field 11 mm off at 0 deg
    nemeth_weight: float = 0.6
    planes: tuple[int, ...] = (0, 1, 2)  # left out in the blind check
    nemeth: bool = True
    turns: bool = True


class Postures:
    """Lengths and arms of all lines in fixed postures, as linear maps of the unknowns."""

    def __init__(self, angles: Floats, origin: Floats) -> None:
        across = over_knots(U)
        rotation, axes = rotations(angles)
        lines = quadratic(U) @ origin
        seen = np.einsum("qji,lj->qli", rotation, lines)
        turned = np.einsum("qji,qlkj->qlki", rotation, np.cross(lines[None, :, None, :], axes[:, None, :, :]))
        terms, slopes = harmonics(seen), harmonic_slopes(seen)
        rates = np.einsum("qlfi,qlki->qlkf", slopes, turned)
        size = (angles.shape[0], U.size)
        self.angles, self.axes, self.size = angles, axes, size
        self.squares = (across[None, :, :, None] * terms[:, :, None, :]).reshape(*size, -1) * UNIT  # (q, l, 48)
        self.rates = (across[None, :, None, :, None] * rates[:, :, :, None, :]).reshape(*size, 3, -1) * UNIT  # (q, l, 3, 48)

    def at(self, x: Floats) -> "Seen":
        """Everything at x (2 layers, 48)."""
        squared = np.stack([self.squares @ one for one in x], axis=1)
        length = np.sqrt(np.maximum(squared, 1e-6))
        slope = np.stack([self.rates @ one for one in x], axis=1)
        return Seen(self, squared, length, -slope / (2 * length[..., None]))


@dataclass
class Seen:
    """(posture, layer, line) lengths and arms, and their slopes by the unknowns of the layer."""

    where: Postures
    squared: Floats
    length: Floats
    arms: Floats  # (posture, layer, line, axis)

    def d_length(self, layer: int) -> Floats:
        return self.where.squares / (2 * self.length[:, layer, :, None])

    def d_arm(self, layer: int, axis: int, rows: slice | NDArray[np.bool_] = slice(None)) -> Floats:
        length, arm = self.length[rows, layer, :, None], self.arms[rows, layer, :, axis, None]
        return -self.where.rates[rows, :, axis] / (2 * length) - arm / (2 * length**2) * self.where.squares[rows]


Rows = tuple[Floats, Floats, int | None]  # residuals, slopes, the layer they belong to (None: both)


class Problem:
    """All residuals of one anatomy; what is wanted may change from fit to fit."""

    def __init__(self, anatomy: Anatomy, *, data: "Published", seed: int = 5) -> None:
        rng = np.random.default_rng(seed)
        self.anatomy, self.data = anatomy, data
        self.prior_limit = 4.0  # spreads beyond which a difference grows no worse
        self.limit_weight, self.band_weight, self.band_margin, self.room = 1.0, 1.5, 5e-4, 3.5e-3
        self.flexor_margin, self.flexor_weight, self.steepest = 0.003, 0.45, 0.95
        self.planes = [Postures(angles, anatomy.origin) for angles, *_ in data.edges]
        self.sweep_deg = np.arange(0.0, 131.0, 2.0)
        sweep = np.zeros((self.sweep_deg.size, 3))
        sweep[:, 0] = np.radians(self.sweep_deg)
        self.sweep = Postures(sweep, anatomy.origin)
        self.mixed = Postures(data.mixed, anatomy.origin)
        self.wide = Postures(_shell(250, fd.BOX_DEG, rng, inside=250), anatomy.origin)
        self.edge = Postures(_shell(80, fd.EVERYDAY_DEG, rng), anatomy.origin)
        ball = np.stack([rng.uniform(-np.pi, np.pi, 400), np.arcsin(rng.uniform(-1, 1, 400)), rng.uniform(-np.pi, np.pi, 400)], axis=1)
        self.ball = Postures(ball, anatomy.origin)  # every rotation there is, also those that no hip reaches
        self.reach = np.linalg.norm(quadratic(U) @ anatomy.origin, axis=1)
        self.weight = line_weights(anatomy)  # (layer, line), sum 1
        self.region = np.where((U > 0) & (U < 1), np.minimum((3 * U).astype(int), 2), -1)
        self.limits = length_limits(anatomy)

    def rows(self, x: Floats, wanted: Wanted) -> Iterator[Rows]:
        """Residuals, each with its slopes by the unknowns."""
        x = x.reshape(2, -1)
        yield from self._bands(x, wanted)
        yield from self._sweep(x, wanted)
        yield from self._mixed(x, wanted)
        yield from self._wide(x)
        yield 0.003 * x.ravel(), 0.003 * np.eye(x.size), None

    def _bands(self, x: Floats, wanted: Wanted) -> Iterator[Rows]:
        for axis in wanted.planes:
            _, low, high = self.data.edges[axis]
            seen = self.planes[axis].at(x)
            for layer in (0, 1):
                arm = seen.arms[:, layer, :, axis]
                under = low[:, None] + wanted.edge_shift[axis, 0] + self.band_margin - arm
                over = arm + self.band_margin - high[:, None] - wanted.edge_shift[axis, 1]
                yield hinge(under, -seen.d_arm(layer, axis), self.band_weight * MM, layer)
                yield hinge(over, seen.d_arm(layer, axis), self.band_weight * MM, layer)

    def _sweep(self, x: Floats, wanted: Wanted) -> Iterator[Rows]:
        seen = self.sweep.at(x)
        whole, d_whole = self._mean(seen, 0, self.weight)
        if wanted.nemeth:
            near = self.sweep_deg <= 90
            grid = self.data.nemeth[:, 0]
            target = np.interp(self.sweep_deg[near], grid, self.data.nemeth[:, 1] + wanted.nemeth_shift)
            value, slope = soft(-(whole[near] + target) * MM, wanted.nemeth_limit)
            yield wanted.nemeth_weight * value, -wanted.nemeth_weight * MM * slope[:, None] * d_whole[near], None
        turn = [self._mean(seen, 2, self._of(region)) for region in range(3)]
        if wanted.turns:
            for (value, slope), at in zip(turn, wanted.turn_deg, strict=False):
                scale = wanted.turn_weight * MM
                yield scale * between(self.sweep_deg, value, at)[None], scale * between(self.sweep_deg, slope, at)[None], None
            value, slope = turn[2]
            early = (self.sweep_deg <= 90) & (self.sweep_deg % 10 == 0)
            yield hinge(value[early] + 3e-3, slope[early], MM, None)
            at_90 = self.sweep_deg == 90
            yield hinge(value[at_90] - wanted.lower_at_90[1], slope[at_90], 2 * MM, None)
            yield hinge(wanted.lower_at_90[0] - value[at_90], -slope[at_90], 2 * MM, None)
            for (value, slope), (low, high) in zip(turn, wanted.turned_at_90, strict=False):
                yield hinge(value[at_90] - high, slope[at_90], 2 * MM, None)
                yield hinge(low - value[at_90], -slope[at_90], 2 * MM, None)
        for region, (low, high) in enumerate(wanted.neutral_adduction):
            value, slope = self._mean(seen, 1, self._of(region))
            yield hinge(value[:1] - high, slope[:1], 2 * MM, None)
            yield hinge(low - value[:1], -slope[:1], 2 * MM, None)
        for layer in (0, 1):  # still an extensor when deeply bent
            deep = self.sweep_deg > 94
            yield hinge(seen.arms[deep, layer, :, 0] + 5e-3, seen.d_arm(layer, 0, deep), 0.5 * MM, layer)

    def _mixed(self, x: Floats, wanted: Wanted) -> Iterator[Rows]:
        seen, neutral = self.mixed.at(x), self.sweep.at(x)
        arms = self.data.prior_arms if wanted.prior_arms is None else wanted.prior_arms
        lengths = self.data.prior_length if wanted.prior_length is None else wanted.prior_length
        for layer in (0, 1):
            scale = wanted.prior_weight / wanted.prior_spread
            for axis in range(3):
                value, slope = soft((seen.arms[:, layer, :, axis] - arms[:, layer, :, axis]) / wanted.prior_spread, self.prior_limit)
                j = seen.d_arm(layer, axis) * (slope * scale)[..., None]
                yield (value * wanted.prior_weight).ravel(), j.reshape(-1, j.shape[-1]), layer
            change = seen.length[:, layer] - neutral.length[0, layer]
            d_change = seen.d_length(layer) - neutral.d_length(layer)[0]
            value, slope = soft((change - lengths[:, layer]) / wanted.prior_spread, self.prior_limit)
            j = d_change * (slope * scale)[..., None]
            yield (value * wanted.prior_weight).ravel(), j.reshape(-1, j.shape[-1]), layer
        edge = self.edge.at(x)
        for layer in (0, 1):
            change = edge.length[:, layer] - neutral.length[0, layer]
            d_change = edge.d_length(layer) - neutral.d_length(layer)[0]
            low, high = self.limits[layer]
            yield hinge(change - high, d_change, self.limit_weight * MM, layer)
            yield hinge(low - change, -d_change, self.limit_weight * MM, layer)

    def _wide(self, x: Floats) -> Iterator[Rows]:
        seen = self.wide.at(x)
        whole, d_whole = self._mean(seen, 0, self.weight)
        yield hinge(whole + self.flexor_margin, d_whole, self.flexor_weight * MM, None)
        inverse = np.linalg.inv(self.wide.axes)
        for layer in (0, 1):
            yield hinge(1.2e-3 - seen.squared[:, layer], -self.wide.squares, 1e4, layer)
            yield hinge(self.room - self.ball.squares @ x[layer], -self.ball.squares, 1e4, layer)
            moment = np.einsum("qik,qlk->qli", inverse, seen.arms[:, layer])
            norm = np.linalg.norm(moment, axis=-1)
            active = norm > self.steepest * self.reach
            if active.any():
                q, line = np.nonzero(active)
                along = np.einsum("ri,rik->rk", moment[q, line] / norm[q, line, None], inverse[q])
                length, arm = seen.length[q, layer, line, None, None], seen.arms[q, layer, line, :, None]
                slopes = -self.wide.rates[q, line] / (2 * length) - arm / (2 * length**2) * self.wide.squares[q, line][:, None, :]
                yield 0.3 * MM * (norm - self.steepest * self.reach)[active], 0.3 * MM * np.einsum("rk,rkn->rn", along, slopes), layer

    def _of(self, region: int) -> Floats:
        chosen = np.where(self.region == region, self.weight, 0.0)
        return np.asarray(chosen / chosen.sum())

    def _mean(self, seen: Seen, axis: int, weight: Floats) -> tuple[Floats, Floats]:
        value = np.einsum("qal,al->q", seen.arms[..., axis], weight)
        slope = np.concatenate([np.einsum("qln,l->qn", seen.d_arm(layer, axis), weight[layer]) for layer in (0, 1)], axis=1)
        return value, slope


@dataclass(frozen=True)
class Published:
    """What is held against the field."""

    edges: list[tuple[Floats, Floats, Floats]]  # per plane: angles, low, high
    nemeth: Floats
    mixed: Floats  # (posture, 3) where public lines are looked at
    prior_arms: Floats
    prior_length: Floats


def _shell(number: int, degrees: Floats, rng: np.random.Generator, *, inside: int = 0) -> Floats:
    """Corners and random postures on the faces of a box, and some inside."""
    corners = np.radians(np.array([[f, a, r] for f in degrees[0] for a in degrees[1] for r in degrees[2]]))
    faces, axis = fd.box(number, degrees, rng), rng.integers(0, 3, number)
    faces[np.arange(number), axis] = np.radians(degrees)[axis, rng.integers(0, 2, number)]
    return np.concatenate([fd.box(inside, degrees, rng), faces, corners])


def search(
    problem: Problem, wanted: Wanted, start: Floats, *, steps: int = 60, tell: Callable[[str], None] | None = None
) -> tuple[Floats, float]:
    """Damped Gauss-Newton (Nielsen's rule for the damping); gives x and half the sum of squares."""
    x = start.ravel().copy()
    cost, gradient, hessian = _normal(problem, wanted, x)
    damping, growth = 1e-3, 2.0
    for step in range(steps):
        move = np.linalg.solve(hessian + damping * np.diag(np.diag(hessian)), -gradient)
        tried = _normal(problem, wanted, x + move)
        expected = -(gradient @ move) - 0.5 * move @ hessian @ move
        if tried[0] < cost:
            gain = (cost - tried[0]) / max(expected, 1e-300)
            done = cost - tried[0] < 1e-5 * cost and damping < 1e-2
            x, (cost, gradient, hessian) = x + move, tried
            damping, growth = max(damping * max(1 / 3, 1 - (2 * gain - 1) ** 3), 1e-7), 2.0
            if done:
                break
        else:
            damping, growth = damping * growth, growth * 2
            if damping > 1e8:
                break
        if tell:
            tell(f"step {step:3d} cost {cost:.3f} damping {damping:.1e}")
    return x.reshape(2, -1), cost


def _normal(problem: Problem, wanted: Wanted, x: Floats) -> tuple[float, Floats, Floats]:
    cost, gradient, hessian = 0.0, np.zeros(x.size), np.zeros((x.size, x.size))
    half = x.size // 2
    for value, slope, layer in problem.rows(x, wanted):
        place = slice(None) if layer is None else slice(half * layer, half * layer + half)
        cost += 0.5 * float(value @ value)
        gradient[place] += slope.T @ value
        hessian[place, place] += slope.T @ slope
    return cost, gradient, hessian


def hinge(value: Floats, slope: Floats, weight: float, layer: int | None) -> Rows:
    """Only what is above 0."""
    active = value > 0
    return weight * value[active], weight * slope[active], layer


def soft(value: Floats, limit: float) -> tuple[Floats, Floats]:
    """A residual that stops growing at ``limit``, and its slope."""
    grown = 1 + (value / limit) ** 2
    return value / np.sqrt(grown), grown**-1.5


def between(grid: Floats, values: Floats, at: float) -> Floats:
    """Straight between samples, for values (sample, ...)."""
    k = min(int(np.searchsorted(grid, at)), grid.size - 1)
    share = (at - grid[k - 1]) / (grid[k] - grid[k - 1])
    return np.asarray((1 - share) * values[k - 1] + share * values[k])


def quadratic(u: Floats) -> Floats:
    """(place, 3) weights of the values at the knots 0, 1/2, 1."""
    return np.stack([2 * (u - 0.5) * (u - 1), 4 * u * (1 - u), 2 * u * (u - 0.5)], axis=-1)


def over_knots(u: Floats) -> Floats:
    """(place, knot) weights of the values at `KNOTS`: the polynomial through all of them."""
    parts = [np.prod([(u - other) / (knot - other) for other in KNOTS if other != knot], axis=0) for knot in KNOTS]
    return np.stack(parts, axis=-1)


def harmonic_slopes(n: Floats) -> Floats:
    """(..., 16, 3) slopes of `harmonics` by n [1/m]."""
    x, y, z = np.moveaxis(n / SCALE_M, -1, 0)
    o, i = np.zeros_like(x), np.ones_like(x)
    xx, yy, zz = x * x, y * y, z * z
    rows = [
        *((o, o, o), (i, o, o), (o, i, o), (o, o, i)),
        *((y, x, o), (o, z, y), (z, o, x), (2 * x, -2 * y, o), (-2 * x, -2 * y, 4 * z)),
        *((y * z, x * z, x * y), (3 * xx - 3 * yy, -6 * x * y, o), (6 * x * y, 3 * xx - 3 * yy, o), (2 * x * z, -2 * y * z, xx - yy)),
        *((4 * zz - 3 * xx - yy, -2 * x * y, 8 * x * z), (-2 * x * y, 4 * zz - xx - 3 * yy, 8 * y * z)),
        (-6 * x * z, -6 * y * z, 6 * zz - 3 * xx - 3 * yy),
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2) / SCALE_M


def line_weights(anatomy: Anatomy) -> Floats:
    """(layer, line) share of the whole muscle's force; nothing at the two edges."""
    strips = np.repeat(anatomy.force / anatomy.force.sum() / (LINES // 3), LINES // 3)
    one = np.concatenate([[0.0], strips, [0.0]])
    return np.stack([one * (1 - anatomy.tract_share), one * anatomy.tract_share])


def length_limits(anatomy: Anatomy, low: float = 0.51, high: float = 1.575) -> list[tuple[Floats, Floats]]:
    """Per layer: changes of length from neutral [m] within which fibres stay between these normalised lengths."""
    across = quadratic(U)  # of what is given at three knots
    out = []
    for optimal, pennation, norm in zip(anatomy.optimal, anatomy.pennation, anatomy.norm, strict=True):
        lo, n = across @ optimal, across @ norm
        height = lo * np.sin(across @ pennation)
        along = [np.sqrt(np.maximum((value * lo) ** 2 - height**2, (0.05 * lo) ** 2)) for value in (low, n, high)]
        out.append((along[0] - along[1], along[2] - along[1]))
    return out


def published(*, postures: int = 200, seed: int = 7, model: str = "Davis2026") -> Published:
    """Bands, the curve, and the public lines in mixed postures, laid over the places of our lines."""
    edges = [band.postures(41) for band in fd.bands()]
    mixed = fd.box(postures, fd.EVERYDAY_DEG, np.random.default_rng(seed))
    arms, length = over_sheet(fd.public_lines(model), mixed)
    return Published(edges, fd.nemeth(), mixed, arms, length)


def over_sheet(lines: tuple[fd.PublicLine, ...], angles: Floats) -> tuple[Floats, Floats]:
    """(posture, layer, line, 3) arms and (posture, layer, line) change of length from neutral, straight between the published lines."""
    at, still = [line.at(angles) for line in lines], [line.at(np.zeros((1, 3)))[0] for line in lines]
    arms = np.stack([one[1] for one in at], axis=1)
    change = np.stack([one[0] - rest for one, rest in zip(at, still, strict=True)], axis=1)
    places = [(np.array([0, 1, 2, 3]), np.arange(4) / 3), (np.array([4, 5]), np.array([1 / 6, 5 / 6]))]
    if len(lines) == 3:
        places = [(np.arange(3), np.array([1 / 6, 1 / 2, 5 / 6]))] * 2
    weights = [_linear(where) for _, where in places]
    chosen = [(np.einsum("qpk,lp->qlk", arms[:, which], w), change[:, which] @ w.T) for (which, _), w in zip(places, weights, strict=True)]
    return np.stack([one for one, _ in chosen], axis=1), np.stack([one for _, one in chosen], axis=1)


def _linear(where: Floats) -> Floats:
    return np.stack([np.interp(U, where, np.eye(where.size)[k]) for k in range(where.size)], axis=1)


def anatomy() -> Anatomy:
    """From rows under stated permissive licences: Davis 2026 (MIT) and, for the shares of the regions, gait2392 (CC BY 3.0)."""
    davis, gait = fd.public_lines("Davis2026"), fd.public_lines("gait2392")
    places = np.arange(4) / 3
    fit = np.linalg.pinv(quadratic(places))
    ends = np.linalg.pinv(np.stack([[5 / 6, 1 / 6], [1 / 6, 5 / 6]])) @ np.array([[d.optimal, d.neutral_norm] for d in davis[4:]])
    tract = np.stack([ends[0], ends.mean(axis=0), ends[1]])
    total = sum(line.force for line in davis)
    share = np.array([line.force for line in gait])
    return Anatomy(
        origin=np.array([line.first - line.hip for line in (gait[0], gait[1], davis[3])]) + ORIGIN_SHIFT,
        force=total * share / share.sum(),
        tract_share=sum(line.force for line in davis[4:]) / total,
        optimal=np.stack([fit @ np.array([line.optimal for line in davis[:4]]), tract[:, 0]]),
        pennation=np.radians(np.array([[21.94] * 3, [26.3] * 3])),
        norm=np.stack([fit @ np.array([line.neutral_norm for line in davis[:4]]), tract[:, 1]]),
    )


def straight_start(given: Anatomy) -> Floats:
    """Straight lines from the origin to a point on the femur, as a start: (layer, 48)."""
    across = quadratic(KNOTS)
    lines = across @ given.origin
    femur = across @ np.array([[-0.044, -0.033, 0.030], [-0.042, -0.070, 0.022], [-0.028, -0.112, 0.009]])
    out = np.zeros((2, KNOTS.size, TERMS))
    for layer in (0, 1):
        out[layer, :, 0] = (lines**2).sum(1) + (femur**2).sum(1)
        out[layer, :, 1:4] = -2 * femur * SCALE_M
    return out.reshape(2, -1) / UNIT
