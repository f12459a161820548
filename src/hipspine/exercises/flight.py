"""Leaving the ground and coming back: how a jump's push, flight and landing run in time.

In the air only gravity acts on the mass centre, so the time in the air says how fast it leaves the ground. The push is a smooth course
that begins at rest and ends with that speed and with the acceleration of free fall, when the feet no longer press; of all durations the
one with the smallest peak of acceleration is taken. The landing is such a course backwards.
"""

from collections.abc import Callable

import numpy as np

from hipspine.errors import ModelError
from hipspine.mechanics.rigid import GRAVITY_M_S2
from hipspine.terms import Floats

G = -GRAVITY_M_S2[1]
Course = Callable[[Floats], Floats]
"""From the share of a phase's time, 0 to 1, to the share of its way."""


def speeds(rise_m: float, flight_s: float) -> tuple[float, float]:
    """Vertical speed of the mass centre at take-off and at touch-down [m/s], which lie ``rise_m`` apart.

    >>> up, down = speeds(0.0, 0.4)
    >>> round(up, 3), round(down, 3)
    (1.961, -1.961)
    """
    up = rise_m / flight_s + G * flight_s / 2
    return up, up - G * flight_s


def push(height_m: Floats, speed_m_s: float) -> tuple[float, Course]:
    """Duration [s] and course of a push that ends with ``speed_m_s``.

    Args:
        height_m: (point,) of the mass centre along the way, evenly; it must rise.

    Raises:
        ModelError: the way does not rise, or the speed is not upwards.
    """
    way = float(height_m[-1] - height_m[0])
    if speed_m_s <= 0 or way <= 0.01 or (np.diff(height_m) <= 0).any():
        raise ModelError(
            f"a push-off must raise the mass centre all the way; it goes from {height_m[0]:.3f} to {height_m[-1]:.3f} m at a speed of "
            f"{speed_m_s:.2f} m/s. Bend more before the jump, or write a longer flight_s."
        )
    best = min((_push(way, speed_m_s, share * 2 * way / speed_m_s) for share in np.linspace(0.7, 1.45, 76)), key=lambda one: one[2])
    duration, rise, _ = best
    along = (height_m - height_m[0]) / way

    def course(share: Floats) -> Floats:
        return np.asarray(np.interp(np.clip(rise(share * duration), 0.0, way) / way, along, np.linspace(0.0, 1.0, along.size)))

    return duration, course


def landing(height_m: Floats, speed_m_s: float) -> tuple[float, Course]:
    """The same of a landing that begins with ``speed_m_s`` (downwards, below 0) and ends at rest; ``height_m`` falls."""
    duration, back = push(height_m[::-1], -speed_m_s)
    return duration, lambda share: 1.0 - back(1.0 - share)


def thrown(start_m: Floats, end_m: Floats, flight_s: float, at_s: Floats) -> Floats:
    """(time, 3) where the mass centre is in free flight between two points of the room.

    >>> thrown(np.zeros(3), np.array([1.0, 0, 0]), 0.4, np.array([0.2])).round(4).tolist()
    [[0.5, 0.1961, 0.0]]
    """
    share = np.asarray(at_s)[:, None] / flight_s
    path = start_m + share * (end_m - start_m)
    path[:, 1] += G / 2 * at_s * (flight_s - at_s)
    return np.asarray(path)


def _push(way: float, speed: float, duration: float) -> tuple[float, Callable[[Floats], Floats], float]:
    """Height over time as a polynomial of fourth degree: at rest to begin with, ``speed`` and free fall at the end."""
    t = duration
    left = np.array([[t**2, t**3, t**4], [2 * t, 3 * t**2, 4 * t**3], [2, 6 * t, 12 * t**2]])
    a, b, c = np.linalg.solve(left, np.array([way, speed, -G]))
    times = np.linspace(0.0, t, 60)
    rate = 2 * a * times + 3 * b * times**2 + 4 * c * times**3
    pull = 2 * a + 6 * b * times + 12 * c * times**2
    bad = 1e3 if (rate[1:] <= 0).any() or a < 0 else 0.0
    return duration, lambda time: a * time**2 + b * time**3 + c * time**4, float(np.abs(pull).max()) + bad
