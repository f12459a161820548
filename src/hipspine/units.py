"""Units at the doors: everything inside is SI (volts, radians, seconds, newtons, metres).

>>> to_si("uV")
(1e-06, 'V')
>>> to_si("deg")[1]
'rad'
"""

import math

_G = 9.80665

SI: dict[str, tuple[float, str]] = {
    "v": (1.0, "V"), "volt": (1.0, "V"), "volts": (1.0, "V"),
    "mv": (1e-3, "V"), "millivolt": (1e-3, "V"), "millivolts": (1e-3, "V"),
    "uv": (1e-6, "V"), "µv": (1e-6, "V"), "μv": (1e-6, "V"), "microvolt": (1e-6, "V"), "microvolts": (1e-6, "V"),
    "nv": (1e-9, "V"),
    "deg": (math.pi / 180, "rad"), "°": (math.pi / 180, "rad"), "degree": (math.pi / 180, "rad"), "degrees": (math.pi / 180, "rad"),
    "rad": (1.0, "rad"), "radian": (1.0, "rad"), "radians": (1.0, "rad"),
    "deg/s": (math.pi / 180, "rad/s"), "°/s": (math.pi / 180, "rad/s"), "dps": (math.pi / 180, "rad/s"), "rad/s": (1.0, "rad/s"),
    "s": (1.0, "s"), "ms": (1e-3, "s"),
    "m": (1.0, "m"), "cm": (1e-2, "m"), "mm": (1e-3, "m"),
    "n": (1.0, "N"), "newton": (1.0, "N"), "kn": (1e3, "N"), "kgf": (_G, "N"),
    "nm": (1.0, "N m"), "n.m": (1.0, "N m"), "n·m": (1.0, "N m"), "n m": (1.0, "N m"), "nmm": (1e-3, "N m"), "n.mm": (1e-3, "N m"),
    "g": (_G, "m/s^2"), "m/s^2": (1.0, "m/s^2"), "m/s²": (1.0, "m/s^2"), "mm/s^2": (1e-3, "m/s^2"),
    "%": (0.01, "1"), "": (1.0, ""),
}  # fmt: skip


def to_si(unit: str) -> tuple[float, str]:
    """Factor and SI name of a unit as files write it; an unknown unit keeps its name and factor 1.

    >>> to_si("Nmm"), to_si("a.u.")
    ((0.001, 'N m'), (1.0, 'a.u.'))
    """
    text = unit.strip()
    return SI.get(text.lower(), (1.0, text))


def to_ms(seconds: float) -> float:
    """Seconds as milliseconds."""
    return seconds * 1e3


def to_deg(radians: float) -> float:
    """Radians as degrees."""
    return math.degrees(radians)
