"""The body that hipspine ships: a generic adult, from rows under permissive licences and published measures.

Segments, joints and coordinates: `generic_skeleton` and `generic_spine`; lines and surfaces: `generic_lines` and `generic_landmarks`. Every
number stands with its source in anatomy/data; THIRD_PARTY.md names what was taken from others.
"""

from hipspine.anatomy import generic_lines, generic_skeleton
from hipspine.anatomy.body_parts import Coordinate, Joint, MuscleLine, Segment, Wrap


def segments() -> tuple[Segment, ...]:
    """Rigid parts with masses."""
    return generic_skeleton.segments()


def joints() -> tuple[Joint, ...]:
    """Joints from the pelvis outwards."""
    return generic_skeleton.joints()


def coordinates() -> tuple[Coordinate, ...]:
    """Degrees of freedom with their ranges."""
    return generic_skeleton.coordinates()


def lines() -> tuple[MuscleLine, ...]:
    """Muscle lines of both sides, without gluteus maximus."""
    return generic_lines.lines()


def wraps() -> tuple[Wrap, ...]:
    """Surfaces that lines wrap over."""
    return generic_lines.wraps()
