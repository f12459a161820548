"""The parts of the body that hipspine ships: a generic adult, from rows under permissive licences and published measures."""

from hipspine.anatomy.body_parts import Coordinate, Joint, MuscleLine, Segment, Wrap


def segments() -> tuple[Segment, ...]:
    """Rigid parts with masses."""
    return ()


def joints() -> tuple[Joint, ...]:
    """Joints from the pelvis outwards."""
    return ()


def coordinates() -> tuple[Coordinate, ...]:
    """Degrees of freedom with their ranges."""
    return ()


def lines() -> tuple[MuscleLine, ...]:
    """Muscle lines of both sides, without gluteus maximus."""
    return ()


def wraps() -> tuple[Wrap, ...]:
    """Surfaces that lines wrap over."""
    return ()
