"""A body as numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hipspine.anatomy import generic
from hipspine.anatomy.body_parts import Coordinate, Joint, MuscleLine, Segment, Wrap
from hipspine.anatomy.gluteus_maximus import LineField, gluteus_maximus
from hipspine.terms import Side


@dataclass(frozen=True, slots=True, eq=False)
class BodyModel:
    """A whole body or a part of one; without arguments the generic adult that hipspine ships.

    ``fields`` are muscles given as continuous line fields; they stand beside ``lines``, in the pelvis frame moved to the hip centre.
    """

    name: str = "generic adult"
    segments: tuple[Segment, ...] = field(default_factory=generic.segments)
    joints: tuple[Joint, ...] = field(default_factory=generic.joints)
    coordinates: tuple[Coordinate, ...] = field(default_factory=generic.coordinates)
    lines: tuple[MuscleLine, ...] = field(default_factory=generic.lines)
    wraps: tuple[Wrap, ...] = field(default_factory=generic.wraps)
    fields: tuple[LineField, ...] = field(default_factory=lambda: tuple(gluteus_maximus(side=side) for side in Side))
    about: Mapping[str, str] = field(default_factory=dict)  # where it comes from, its licence, its hash
    left_out: tuple[str, ...] = ()  # what the file holds and this body does not, one sentence each
