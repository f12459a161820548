"""Does any length or arm of gluteus maximus jump? Ten million postures, and the same test for published line sets.

uv run python benchmarks/smoothness.py                                  10,000,000 postures, about two minutes
uv run python benchmarks/smoothness.py --postures 200000 --public 20000

From each posture a step of 2 mrad is taken along one of the three angles or in a random direction. A jump is a change of length of more
than 0.05 mm that the arms at both ends do not explain, or a change of an arm by more than 1 mm. A fifth of the postures lie on the faces,
edges and corners of the range of the hip. At the end the arms are held against the slope of the length, by complex steps.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import field_data as fd
import numpy as np

from hipspine.anatomy.gluteus_maximus import SCALE_M, LineField, gluteus_maximus, members
from hipspine.mechanics.arms import monomials
from hipspine.mechanics.field_kernel import field_lengths_and_arms
from hipspine.terms import Floats

STEP = 2e-3  # [rad]
LENGTH_M, ARM_M = 0.05e-3, 1e-3
BLOCK = 20000
Ask = Callable[[Floats], tuple[Floats, Floats]]  # angles -> (q, line) lengths, (q, line, 3) arms


@dataclass
class Count:
    """What a run found."""

    name: str
    postures: int = 0
    tests: int = 0  # posture x line
    length_jumps: int = 0
    worst_length_mm: float = 0.0
    arm_jumps: int = 0
    worst_arm_mm: float = 0.0

    def add(self, ask: Ask, here: Floats, step: Floats) -> None:
        """One block of postures and where each goes."""
        there = here + step
        (l0, a0), (l1, a1) = ask(here), ask(there)
        explained = -np.einsum("qlk,qk->ql", (a0 + a1) / 2, step)
        gap, kink = np.abs(l1 - l0 - explained), np.abs(a1 - a0).max(axis=-1)
        self.postures += here.shape[0]
        self.tests += gap.size
        self.length_jumps += int((gap > LENGTH_M).sum())
        self.arm_jumps += int((kink > ARM_M).sum())
        self.worst_length_mm = max(self.worst_length_mm, float(gap.max()) * 1e3)
        self.worst_arm_mm = max(self.worst_arm_mm, float(kink.max()) * 1e3)


def ours(body: LineField) -> Ask:
    origin, terms = np.ascontiguousarray(body.origin_m.T), monomials(body.coefficients_m2)

    def ask(angles: Floats) -> tuple[Floats, Floats]:
        out = np.empty((angles.shape[0], 4, body.u.size))
        field_lengths_and_arms(np.ascontiguousarray(angles), origin, terms, out)
        return out[:, 0], out[:, 1:].transpose(0, 2, 1)

    return ask


def published(model: str) -> Ask:
    lines = fd.public_lines(model)

    def ask(angles: Floats) -> tuple[Floats, Floats]:
        seen = [line.at(angles) for line in lines]
        return np.stack([one[0] for one in seen], axis=1), np.stack([one[1] for one in seen], axis=1)

    return ask


def run(name: str, ask: Ask, postures: int, *, seed: int, show: bool) -> Count:
    """The test of one set of lines."""
    rng, count, start = np.random.default_rng(seed), Count(name), time.perf_counter()
    low, high = np.radians(fd.BOX_DEG).T
    while count.postures < postures:
        size = min(BLOCK, postures - count.postures)
        here = low + (high - low) * rng.random((size, 3))
        edge = rng.random((size, 3)) < np.where(rng.random(size) < 0.2, 0.5, 0.0)[:, None]
        here = np.where(edge, np.where(rng.random((size, 3)) < 0.5, low, high), here)
        direction = rng.standard_normal((size, 3))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        kind = rng.integers(0, 4, size)
        direction = np.where((kind < 3)[:, None], np.eye(3)[np.minimum(kind, 2)], direction)
        count.add(ask, here, STEP * direction)
        if show:
            sys.stderr.write(f"\r{name}: {count.postures:,} postures, {time.perf_counter() - start:.0f} s ")
    if show:
        sys.stderr.write("\n")
    return count


def worst_arm_error(body: LineField, postures: int, *, seed: int) -> float:
    """Largest difference [m] between an arm of the kernel and the slope of the length by a complex step, which rounds nothing off."""
    rng = np.random.default_rng(seed)
    angles = fd.box(postures, fd.BOX_DEG, rng)
    arms = ours(body)(angles)[1]
    worst = 0.0
    for axis in range(3):
        turned = angles.astype(np.complex128)
        turned[:, axis] += 1e-30j
        worst = max(worst, float(np.abs(-_length(body, turned).imag / 1e-30 - arms[:, :, axis]).max()))
    return worst


def _length(body: LineField, angles: np.ndarray) -> np.ndarray:
    """Length from the definition, for complex angles: matrices multiplied one after another, terms written out."""
    c, s = np.cos(angles), np.sin(angles)
    o, i = np.zeros_like(c[:, 0]), np.ones_like(c[:, 0])
    turn = lambda rows: np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)  # noqa: E731
    rz = turn([[c[:, 0], -s[:, 0], o], [s[:, 0], c[:, 0], o], [o, o, i]])
    rx = turn([[i, o, o], [o, c[:, 1], -s[:, 1]], [o, s[:, 1], c[:, 1]]])
    ry = turn([[c[:, 2], o, s[:, 2]], [o, i, o], [-s[:, 2], o, c[:, 2]]])
    x, y, z = np.moveaxis(np.einsum("qji,lj->qli", rz @ rx @ ry, body.origin_m) / SCALE_M, -1, 0)
    k = body.coefficients_m2.T
    squared = k[0] + k[1] * x + k[2] * y + k[3] * z
    squared = squared + k[4] * x * y + k[5] * y * z + k[6] * x * z + k[7] * (x * x - y * y) + k[8] * (2 * z * z - x * x - y * y)
    squared = squared + k[9] * x * y * z + k[10] * (x**3 - 3 * x * y * y) + k[11] * (3 * x * x * y - y**3) + k[12] * z * (x * x - y * y)
    squared = squared + (k[13] * x + k[14] * y) * (4 * z * z - x * x - y * y) + k[15] * z * (2 * z * z - 3 * x * x - 3 * y * y)
    return np.asarray(np.sqrt(squared))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postures", type=int, default=10_000_000)
    parser.add_argument("--public", type=int, default=200_000, help="postures for each published line set; 0: none")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    show = sys.stderr.isatty()
    body = gluteus_maximus()
    found = [run("ours", ours(body), asked.postures, seed=asked.seed, show=show)]
    if members():
        member = gluteus_maximus(member=asked.seed % members())
        found.append(run(f"ours, member {member.member}", ours(member), asked.postures // 10, seed=asked.seed + 1, show=show))
    if asked.public:
        models = ("RajagopalLai", "gait2392", "Davis2026")
        found += [run(model, published(model), asked.public, seed=asked.seed, show=show) for model in models]
    error = worst_arm_error(body, 20_000, seed=asked.seed)
    if asked.json:
        sys.stdout.write(json.dumps({"sets": [vars(one) for one in found], "worst_arm_error_m": error}, indent=1) + "\n")
        return
    for one in found:
        sys.stdout.write(
            f"{one.name}: {one.postures:,} postures, {one.tests:,} steps of lines; length jumps {one.length_jumps} "
            f"(worst {one.worst_length_mm:.2g} mm), arm jumps {one.arm_jumps} (worst {one.worst_arm_mm:.2g} mm)\n"
        )
    sys.stdout.write(f"arm against the slope of the length, complex step: worst {error:.1e} m\n")


if __name__ == "__main__":
    main()
