"""The body that hipspine ships: a generic adult, from rows under permissive licences and published measures.

Segments, joints and coordinates: `generic_skeleton` and `generic_spine`. Every number stands with its source in data/body_values.csv.
"""

from hipspine.anatomy import generic_skeleton
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
    return ()


def wraps() -> tuple[Wrap, ...]:
    """Surfaces that lines wrap over."""
    return ()
