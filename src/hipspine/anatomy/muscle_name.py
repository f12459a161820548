"""What one channel label says of a muscle, with how sure that is and why."""

from dataclasses import dataclass, replace

from hipspine.terms import ChannelStatus, Region, Side


@dataclass(frozen=True, slots=True)
class MuscleName:
    """What a label says: muscle, side, region, how sure, and why."""

    muscle: str | None
    side: Side | None = None
    region: Region | None = None
    confidence: float = 0.0  # of the muscle, 0-1; 0 where no muscle was read
    reason: str = ""
    candidates: tuple[str, ...] = ()  # the label is ambiguous: one of these, or another
    status: ChannelStatus = ChannelStatus.OK
    code: str = ""  # the label without side and filler words, as it was looked up


def ambiguous(code: str, side: Side | None, candidates: tuple[str, ...], reason: str = "") -> MuscleName:
    """A label that several muscles fit, or one of several: it has to be asked.

    >>> ambiguous("il", None, ("iliocostalis", "iliopsoas")).reason
    "'il' may be iliocostalis or iliopsoas"
    """
    listed = " or ".join(muscle.replace("_", " ") for muscle in candidates)
    said = f"'{code}' may be {listed}" + (f": {reason}" if reason else "")
    return MuscleName(None, side, None, 0.0, said, candidates, ChannelStatus.AMBIGUOUS, code)


def settled(name: MuscleName, muscle: str, confidence: float, reason: str) -> MuscleName:
    """A label that the other labels of the recording decided; what read as nothing but a side (LT) has none then."""
    side = None if name.status is ChannelStatus.EMPTY else name.side
    return MuscleName(muscle, side, name.region, confidence, f"'{name.code}': {reason}", code=name.code)


def on_side(name: MuscleName, side: Side | None, why: str, *, most: float = 1.0) -> MuscleName:
    """The same name on a side, with why, and no surer than `most`."""
    return replace(name, side=side, confidence=min(name.confidence, most), reason=f"{name.reason}; {why}")
