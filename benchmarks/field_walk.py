"""A walk through all fields that meet the criteria: hit-and-run with shrinking steps (slice sampling), the anatomy held fixed.

Samples a density that is 0 outside the criteria and, inside, falls off as arms and lengths in mixed postures leave the public lines by
more than those differ among each other. So the members are as far apart as the criteria allow, and no further than that.
"""

import field_data as fd
import field_fit as ff
import numpy as np

from hipspine.terms import Floats

MM = 1e3


class Walk:
    """One anatomy, and a quick look at whether a field meets the criteria there (a little stricter than the criteria themselves)."""

    def __init__(self, anatomy: ff.Anatomy, public: ff.Published, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.problem = ff.Problem(anatomy, data=public, seed=seed)
        place = lambda angles: ff.Postures(angles, anatomy.origin)  # noqa: E731
        edges = [band.postures(51) for band in fd.bands()]
        self.planes = [(place(angles), low, high) for angles, low, high in edges]
        sweep = np.zeros((66, 3))
        sweep[:, 0] = np.radians(np.arange(0, 131, 2))
        self.sweep = place(sweep)
        self.wide = place(np.concatenate([fd.box(1000, fd.BOX_DEG, rng), ff._shell(150, fd.BOX_DEG, rng)]))
        self.near = place(np.concatenate([fd.box(600, fd.EVERYDAY_DEG, rng), ff._shell(150, fd.EVERYDAY_DEG, rng)]))
        self.ball = self.problem.ball
        self.take(anatomy)
        curve = public.nemeth
        self.target = np.interp(np.arange(0, 91, 2), curve[:, 0], curve[:, 1])
        self.public = public

    def take(self, anatomy: ff.Anatomy) -> None:
        """Other forces or fibre lengths on the same origins."""
        self.anatomy = self.problem.anatomy = anatomy
        self.weight = self.problem.weight = ff.line_weights(anatomy)
        self.limits = ff.length_limits(anatomy, 0.502, 1.598)

    def inside(self, x: Floats) -> bool:
        """Whether all criteria are met, the quick ones first."""
        return all(rule(x) for rule in (self._sweep, self._bands, self._lengths, self._box))

    def _sweep(self, x: Floats) -> bool:
        arm = np.stack([_arms(self.sweep, x, axis) for axis in (0, 2)], axis=-1)
        whole = -np.einsum("qal,al->q", arm[..., 0], self.weight)
        turn = [np.einsum("qal,al->q", arm[..., 1], self.problem._of(region)) for region in range(3)]
        at = np.arange(0, 131, 2)
        signs = [turn[0][at <= 39].max() < 0 < turn[0][at >= 50].min(), turn[1][at <= 61].max() < 0 < turn[1][(at >= 68)].min()]
        upper_lower = turn[2][at <= 90].max() < -1e-3
        deep = arm[..., 0].max() < -5e-4
        return bool(np.abs(whole[:46] - self.target).mean() < 4.9e-3 and all(signs) and upper_lower and deep)

    def _bands(self, x: Floats) -> bool:
        for axis, (where, low, high) in enumerate(self.planes):
            arm = _arms(where, x, axis)
            within = ((arm >= low[:, None, None]) & (arm <= high[:, None, None])).mean(axis=0)
            if within.min() < 0.955:
                return False
        return True

    def _lengths(self, x: Floats) -> bool:
        if min(float((self.ball.squares @ one).min()) for one in x) < 2.5e-3:
            return False
        rest = [np.sqrt(self.sweep.squares[0] @ one) for one in x]
        for layer in (0, 1):
            change = np.sqrt(np.maximum(self.near.squares @ x[layer], 0)) - rest[layer]
            low, high = self.limits[layer]
            if (change < low).any() or (change > high).any():
                return False
        return True

    def _box(self, x: Floats) -> bool:
        seen = self.wide.at(x)
        whole = np.einsum("qal,al->q", seen.arms[..., 0], self.weight)
        if whole.max() > 11e-3 or whole[:1000].max() > 4e-3 or (whole[:1000] > 0).mean() > 4e-3:
            return False
        moment = np.linalg.norm(np.einsum("qik,qalk->qali", np.linalg.inv(self.wide.axes), seen.arms), axis=-1)
        return bool((moment[:1000] < self.problem.reach).mean() > 0.9995)

    def prior(self, x: Floats, wanted: ff.Wanted) -> float:
        """Log density but for a constant: how far arms and lengths in mixed postures leave the public lines."""
        seen, rest = self.problem.mixed.at(x), np.sqrt(np.stack([self.sweep.squares[0] @ one for one in x]))
        arms = ff.soft((seen.arms - self.public.prior_arms) / wanted.prior_spread, 2.0)[0]
        change = ff.soft((seen.length - rest - self.public.prior_length) / wanted.prior_spread, 2.0)[0]
        return -0.5 * wanted.prior_weight**2 * float((arms**2).sum() + (change**2).sum()) - 0.5 * 0.003**2 * float((x**2).sum())

    def steps(self, x: Floats, number: int, rng: np.random.Generator) -> tuple[Floats, float]:
        """x after that many moves, and how far it came on the scale of the fit's own uncertainty."""
        wanted = ff.Wanted()
        _, _, hessian = ff._normal(self.problem, ff.replace(wanted, prior_weight=0.02), x.ravel())
        values, vectors = np.linalg.eigh(hessian)
        spread = vectors / np.sqrt(np.maximum(values, 1e-4))
        begin, level = x, self.prior(x, wanted)
        for _ in range(number):
            direction = (spread @ rng.standard_normal(x.size)).reshape(x.shape)
            floor = level - rng.exponential()
            low, high = -4.0 * (share := rng.random()), 4.0 * (1 - share)
            for _ in range(30):
                s = rng.uniform(low, high)
                tried = x + s * direction
                if self.inside(tried) and (reached := self.prior(tried, wanted)) >= floor:
                    x, level = tried, reached
                    break
                low, high = (s, high) if s < 0 else (low, s)
        return x, float(np.sqrt(((np.sqrt(np.maximum(values, 1e-4)) * (vectors.T @ (x - begin).ravel())) ** 2).mean()))


def _arms(where: ff.Postures, x: Floats, axis: int) -> Floats:
    """(posture, layer, line) arms about one axis [m]."""
    squared = np.stack([where.squares @ one for one in x], axis=1)
    slope = np.stack([where.rates[:, :, axis] @ one for one in x], axis=1)
    return np.asarray(-slope / (2 * np.sqrt(np.maximum(squared, 1e-6))))
