"""How limbs move in the simulated recordings: smooth movements between postures, and what a sensor on the limb feels."""

import numpy as np

from hipspine.terms import Floats

GRAVITY = 9.80665


def minimum_jerk(share: Floats) -> Floats:
    """Way covered at a share of the movement's duration, the path of least jerk: 0 before, 1 after, at rest at both ends.

    >>> minimum_jerk(np.array([-1.0, 0.0, 0.5, 1.0, 2.0]))
    array([0. , 0. , 0.5, 1. , 1. ])
    """
    s = np.clip(share, 0.0, 1.0)
    return np.asarray(s**3 * (10.0 - 15.0 * s + 6.0 * s**2))


def lift_and_lower(times_s: Floats, *, start_s: float, lift_s: float, hold_s: float, lower_s: float) -> Floats:
    """Share of the full excursion over time: up from ``start_s``, held, and down again."""
    up = minimum_jerk((times_s - start_s) / lift_s)
    return up - minimum_jerk((times_s - start_s - lift_s - hold_s) / lower_s)


def thigh_acceleration(extension_rad: Floats, *, rate_hz: float, radius_m: float = 0.25) -> Floats:
    """(2, sample) what an accelerometer on the back of a lying person's thigh measures [m/s^2]: along the thigh to the knee, and outwards.

    At rest the thigh is level and the sensor feels gravity outwards (+9.81). Tilting the thigh by the hip's extension turns gravity into
    its long axis; turning adds the tangential and the centripetal part at ``radius_m`` from the hip.

    >>> thigh_acceleration(np.zeros(3), rate_hz=100.0)[:, 0].round(2)
    array([0.  , 9.81])
    """
    velocity = np.gradient(extension_rad, 1.0 / rate_hz)
    acceleration = np.gradient(velocity, 1.0 / rate_hz)
    along = GRAVITY * np.sin(extension_rad) - radius_m * velocity**2
    outwards = GRAVITY * np.cos(extension_rad) + radius_m * acceleration
    return np.stack([along, outwards])
