"""Stub."""
from hipspine.mechanics.paths.compiling import kernel
from hipspine.mechanics.paths.surfaces import FREE, Wrapped, over_cylinder
from hipspine.terms import Floats


@kernel
def over_soft(shape: int, a: Floats, b: Floats, size: Floats, axis: int, sign: int, method: int) -> Wrapped:
    """Stub."""
    return FREE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0


@kernel
def soft_slope(shape: int, ends: Floats, size: Floats, axis: int, sign: int, method: int, slope: Floats) -> float:
    """Stub."""
    slope[:] = 0.0
    return 0.0
