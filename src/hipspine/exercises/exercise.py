"""What an exercise is: postures of a repetition, what the body touches, what loads it, and what a person must know to do it.

An exercise is written once, in one TOML file (`hipspine.exercises.files`). It is written for the right side as the working side;
`hipspine.exercises.motion` mirrors it. Everything else (how it moves, what it asks, how it looks, which cells of variety it fills) is
worked out from here and never typed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hipspine.anatomy.body_parts import Vector
from hipspine.terms import Side

FLOOR = "floor"


class Base(StrEnum):
    """Position of the body; it says which way the trunk looks and what usually carries it."""

    STAND = "stand"
    SINGLE_LEG = "single-leg"
    SPLIT = "split"
    SUPINE = "supine"
    PRONE = "prone"
    SIDE = "side"  # lying on the side that does not work
    QUADRUPED = "quadruped"
    PLANK = "plank"
    SIDE_PLANK = "side-plank"
    HALF_KNEEL = "half-kneel"
    KNEEL = "kneel"
    SEATED = "seated"
    HANG = "hang"


class Sides(StrEnum):
    """Which sides work in one set."""

    BOTH = "both"  # at the same time and alike
    EACH = "each"  # one side for the whole set, then the other
    ALTERNATE = "alternate"  # one repetition each in turn


class LoadKind(StrEnum):
    """What loads the body beside its own weight."""

    BARBELL = "barbell"
    DUMBBELL = "dumbbell"
    KETTLEBELL = "kettlebell"
    PLATE = "plate"
    ANKLE_WEIGHT = "ankle-weight"
    MEDICINE_BALL = "medicine-ball"
    BAND = "band"
    CABLE = "cable"
    MACHINE = "machine"
    SPRING = "spring"  # of a Pilates apparatus
    MANUAL = "manual"  # another person, or one's own hands


@dataclass(frozen=True, slots=True)
class Surface:
    """Something to lie, sit, stand or lean on: a plane, and what it is drawn as."""

    name: str
    kind: str  # floor, mat, bench, box, step, wall, pad, roller, bar, carriage, ball
    normal: Vector = (0.0, 1.0, 0.0)  # the way in which it pushes
    offset_m: float = 0.0  # along the normal, from the floor under the first pose; a bench's height


@dataclass(frozen=True, slots=True)
class Contact:
    """A place of the body on a surface."""

    place: str  # see `hipspine.exercises.places`
    side: Side | None  # None: a place in the middle, such as the pelvis
    surface: str = FLOOR
    slides: bool = False  # along the surface; otherwise it stays where it is
    rests: bool = False  # only its own limb's weight lies there: it carries no more than that

    def __str__(self) -> str:
        words = f"{self.place}:{self.side}" if self.side else self.place
        return " ".join([words, f"on {self.surface}", *(["sliding"] * self.slides), *(["resting"] * self.rests)])


@dataclass(frozen=True, slots=True)
class Pose:
    """One posture of a repetition."""

    name: str
    angles_rad: Mapping[str, float]  # by the body's coordinates, right side working; what is not named follows from contacts and balance
    move_s: float  # from the pose before; of the first one: from the last back to it
    hold_s: float
    contacts: tuple[Contact, ...]
    hands: str  # where the hands are, see `hipspine.exercises.conditions`; "free" where the angles say it
    travel_m: tuple[float, float] = (0.0, 0.0)  # forward and right, from the pose before: of a pose that lands elsewhere
    weight_on_working: float | None = field(default=None, repr=False)  # share of the weight there, on two feet; None: the exercise's


@dataclass(frozen=True, slots=True)
class LoadSpec:
    """One load of an exercise, for a person of any size.

    Exactly one of ``body_mass_share`` (its mass, or its pull in kilograms, as a share of body mass) and ``effort`` (share of the most
    that the person can hold there) is above 0.
    """

    kind: LoadKind
    at: str  # place that carries it: hands, back, front, pelvis, ankle:right, knees, sole:right, ...
    body_mass_share: float = 0.0
    effort: float = 0.0
    anchor_m: Vector | None = None  # cable, band, spring: where it is fixed in the room, from the floor under the first pose
    anchor_place: str | None = None  # a band between two parts of the body
    direction: Vector | None = None  # manual resistance, machine pad: the way in which it pushes the body
    turns_with_segment: bool = False  # the direction is one of the segment's axes, as of a pad that turns with the limb; else the room's
    rest_share: float = 0.8  # band, spring: its length at rest as a share of its shortest length in the repetition


@dataclass(frozen=True, slots=True)
class Dosing:
    """How much of it to begin with; rules of progression belong to the programme."""

    sets: int
    repetitions: int  # of each side where sides take turns; 1 for a hold
    hold_s: float  # at the end of each repetition; 0: none
    rest_s: float  # between sets
    effort: str  # in words, such as "two repetitions in reserve"
    source: tuple[str, ...]  # rows of the evidence table dosing; empty: our default
    why: str  # what the source says for whom, or that it is our default


@dataclass(frozen=True, slots=True)
class EmgKey:
    """Rows of the evidence table emg_exercises that are about this exercise."""

    exercise: str  # its exercise_id
    variants: tuple[str, ...] | None = ("",)  # None: all
    loads: tuple[str, ...] | None = None  # None: all


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where an exercise stands in the evidence tables."""

    emg: tuple[EmgKey, ...] = ()
    claims: tuple[str, ...] = ()  # rows of article_claims
    interventions: tuple[str, ...] = ()  # rows of interventions
    none: str = ""  # why nothing is given


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise, as written."""

    name: str
    title: Mapping[str, str]  # by language; English always
    aliases: tuple[str, ...]
    base: Base
    sides: Sides
    poses: tuple[Pose, ...]
    returns: bool  # whether the last pose leads back to the first; False: the other side goes on from there
    surfaces: Mapping[str, Surface]
    loads: tuple[LoadSpec, ...]
    balance: float | None  # share of the weight on the working foot; None: contacts hold the body, nothing to balance
    explosive: bool  # accelerations count: real dynamics
    flight_s: float  # without any contact; 0: none
    effort: float  # voluntary drive of the working muscle beyond what the load needs, 0 to 1
    equipment: tuple[str, ...]
    space: str
    level: int  # 1 anyone, 2 beginner, 3 trained, 4 advanced, 5 athlete
    prerequisites: tuple[str, ...]
    contra_tags: tuple[str, ...]
    isolated: bool
    purpose: str  # one sentence: why one would do it
    cues: tuple[str, ...]
    breathing: str
    faults: tuple[str, ...]
    easier: str  # name of an exercise or a sentence
    harder: str
    dosing: Dosing
    evidence: Evidence
    overrides: Mapping[str, str] = field(default_factory=dict)  # computed key: why it is set by hand; its value stands in `by_hand`
    by_hand: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sha256: str = ""  # of the file
    mirrored: bool = False  # done with the left side working

    @property
    def asks_sha256(self) -> str:
        """Hash of all that its motion, its demand and what is said of them depend on; its words for people are left out."""
        told = (
            self.base, self.sides, self.poses, self.returns, sorted(self.surfaces.items()), self.loads, self.balance, self.explosive,
            self.flight_s, self.effort, self.contra_tags, self.dosing.hold_s, self.evidence, sorted(self.by_hand.items()), self.mirrored,
            *((number, share) for number, pose in enumerate(self.poses) if (share := pose.weight_on_working) is not None),
        )  # fmt: skip
        return hashlib.sha256(repr(told).encode()).hexdigest()

    @property
    def unilateral(self) -> bool:
        """Whether one side works at a time."""
        return self.sides is not Sides.BOTH
