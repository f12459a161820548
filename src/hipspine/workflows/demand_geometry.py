"""Moment arms, stretch and arms of a demand as a document, with one sentence each."""

from collections.abc import Mapping, Sequence
from typing import Any

from hipspine.exercises import atlas
from hipspine.exercises.arm_work import RESTS, ArmWork
from hipspine.exercises.demand import REGIONS, Demand, Range
from hipspine.exercises.geometry import AXES, Arms, hardest
from hipspine.exercises.stretching import UNLOADED, Stretch
from hipspine.terms import Floats

SIGNS = "mm about the working hip; + extends, abducts, turns outwards; of the back: + extends the trunk"
BEYOND = 2.0  # of measured strength: no person does that, so the drawn arms are at fault
_DIGITS = 3


def span(given: Range | None, digits: int = 5) -> dict[str, float | None]:
    """A range as a document; None where there is none."""
    if given is None:
        return {"median": None, "low": None, "high": None}
    median, low, high = atlas.short([given.median, given.low, given.high], digits)
    return {"median": median, "low": low, "high": high}


def of_arms(demand: Demand, arms: Arms) -> dict[str, Any]:
    """Moment arms: smallest, at the muscle's own hardest moment, and largest of the repetition."""
    regions = {}
    for k, region in enumerate(REGIONS):
        now = hardest(demand, region)
        regions[region.partition("/")[2]] = {
            axis: {
                word: _three([1e3 * one[frame, k, number] for one in (arms.median, arms.low, arms.high)])
                for word, frame in _frames(arms.median[:, k, number], now).items()
            }
            for number, axis in enumerate(AXES)
        }
    groups = {
        name: {
            axis: {word: _millimetres(course[frame, number]) for word, frame in _frames(course[:, number], hardest(demand, name)).items()}
            for number, axis in enumerate(AXES[: course.shape[1]])
        }
        for name, course in arms.groups.items()
    }
    return {"signs": SIGNS, "gluteus_maximus": regions, "groups": groups}


def of_stretch(found: Mapping[str, Stretch]) -> dict[str, Any]:
    """How long each muscle gets and whether it works there, in optimal fibre lengths."""
    muscles = {}
    for name, one in found.items():
        added = (round(part, 4) for part in (one.from_hip, one.from_knee, one.from_others))
        standing, hip, knee, others = atlas.short([one.standing, *added], _DIGITS)
        muscles[name] = {"longest_norm": span(one.longest, _DIGITS), "standing_norm": standing, "from_hip": hip, "from_knee": knee,
                         "from_others": others, "loaded": span(one.loaded, _DIGITS), "words": list(one.words)}  # fmt: skip
    return {"sentence": stretch_sentence(found), "muscles": muscles}


def stretch_sentence(found: Mapping[str, Stretch]) -> str:
    """What is loaded while long and what is stretched without load.

    >>> stretch_sentence({})
    'No muscle is long under load, and none is stretched.'
    """
    said = []
    for word in ("loaded long", UNLOADED):
        names = [name for name, one in found.items() if word in one.words]
        if names:
            said.append(f"{word}: {', '.join(_muscles(names))}")
    return f"{'; '.join(said).capitalize()}." if said else "No muscle is long under load, and none is stretched."


def of_arm_work(work: ArmWork) -> dict[str, Any]:
    """What the arms do, and what share of measured strength it takes."""
    return {
        "class": work.kind,
        "way": work.way,
        "side": work.side,
        "other_class": work.other_kind,
        "force_bw": span(work.force_bw, _DIGITS),
        "working": {name: span(one, _DIGITS) for name, one in work.working.items()},
        "other": {name: span(one, _DIGITS) for name, one in work.other.items()},
        "worst": {"direction": work.worst, "side": work.worst_side},
        "sentence": arm_sentence(work),
    }


def arm_sentence(work: ArmWork) -> str:
    """What the arms do, with the largest shares of strength at shoulder and elbow."""
    side = work.worst_side if work.kind == "none" else work.side
    shares = work.working if side == "working" else work.other
    tops = [
        max(((one.median, name, one) for name, one in shares.items() if one is not None and name.startswith(joint)), default=None)
        for joint in ("shoulder", "elbow")
    ]
    told = [f"{name.replace('_', ' ')} {100 * one.median:.0f} % [{100 * one.low:.0f}, {100 * one.high:.0f}]"
            for share, name, one in filter(None, tops) if share >= RESTS]  # fmt: skip
    if any(top is not None and top[0] > BEYOND for top in tops):
        return f"{_kind(work)}; the arms' posture or speed is too rough to say how hard (more than {BEYOND:g} times measured strength)."
    if told:
        return f"{_kind(work)}: {', '.join(told)} of measured strength."
    if work.kind == "none":
        return f"The arms rest: less than {RESTS:.0%} of measured strength."
    return f"{_kind(work)}; shoulders and elbows need less than {RESTS:.0%} of measured strength."


def _kind(work: ArmWork) -> str:
    if work.kind in ("push", "pull"):
        return f"The arms {work.kind} ({'up or down' if work.way == 'vertical' else 'horizontally'} in the trunk's frame)"
    return {
        "none": "The arms hold nothing but themselves",
        "carry": "The arms carry a load",
        "support": "The arms support the body",
        "overhead": "The arms hold or press a load overhead",
    }[work.kind]


def _frames(course: Floats, now: int) -> dict[str, int]:
    return {"smallest": int(course.argmin()), "hardest": now, "largest": int(course.argmax())}


def _three(values: Sequence[float]) -> dict[str, float]:
    median, low, high = (_millimetres(one / 1e3) for one in values)
    return {"median": median, "low": low, "high": high}


def _millimetres(metres: float) -> float:
    return round(1e3 * float(metres), 1) + 0.0


def _muscles(names: Sequence[str]) -> list[str]:
    """Names in words, the regions of gluteus maximus together."""
    regions = [name.partition("/")[2] for name in names if name in REGIONS]
    whole = [f"gluteus maximus ({', '.join(regions)})"] if regions else []
    return [*whole, *(name.replace("_", " ") for name in names if name not in REGIONS)]
