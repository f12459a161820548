"""How hip and lumbar spine share a trunk movement: shares by quarter, relative phase, and the loop of one against the other.

Angles: see `angles`. Lumbar flexion is trunk minus pelvis; hip flexion is measured, or taken as the forward tilt of the pelvis over
legs that stand still. Relative phase after lamb2014: centre each angle on its mid-range, Hilbert transform, difference of the phase
angles; the record around the movement serves as padding (ippersiel2019).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import signal

from hipspine.assessment.angles import Angle, angles, forwards, pick, said
from hipspine.assessment.movement import SMALLEST_ANGLE_RAD, Cycle, cycles
from hipspine.errors import ProtocolError
from hipspine.signals.recording import Recording
from hipspine.terms import Floats, Side

SMALLEST_TRUNK_RAD = math.radians(20.0)  # less is not a trunk flexion
QUARTERS = (1, 2, 3, 4)
_PADDING_S = 1.0
_LOOP_POINTS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Bending:
    """Trunk, hip and lumbar angle of a recording on one clock, and the cycles of the trunk."""

    rate_hz: float
    start_s: float
    trunk: Floats  # (sample,) [rad], flexion positive
    hip: Floats | None  # None where only the trunk was measured
    lumbar: Floats | None
    cycles: tuple[Cycle, ...]
    taken: tuple[str, ...]  # which channels were taken, as sentences
    doubts: tuple[str, ...]  # what a reader should check

    def between(self, values: Floats, begin_s: float, end_s: float) -> Floats:
        """Samples of one of the angles from one time to another."""
        a, b = (round((t - self.start_s) * self.rate_hz) for t in (begin_s, end_s))
        return values[max(a, 0) : max(b, 0) + 1]


def bending(recording: Recording) -> Bending:
    """Trunk, hip and lumbar angles of a recording, and its cycles of flexion and extension.

    Raises:
        ProtocolError: no trunk angle (nor pelvis and lumbar angles to make one of), or the trunk hardly bends.
    """
    known = angles(recording)
    hips = [hip for side in (Side.LEFT, Side.RIGHT, None) if (hip := pick(tuple(a for a in known if a.side is side), "hip_flexion"))]
    trunk, pelvis, lumbar = (pick(known, quantity) for quantity in ("trunk_flexion", "pelvis_flexion", "lumbar_flexion"))
    base = trunk or lumbar or pelvis
    if base is None or (trunk is None and not (lumbar and (pelvis or hips))):
        found = ", ".join(angle.label for angle in known) or "no joint angle"
        raise ProtocolError(
            f"{recording.name}: no trunk angle; found {found}; give trunk_flexion, or lumbar and pelvis angles, in a channel of that name."
        )
    guide = hips[0] if hips else trunk or lumbar
    pelvis, lumbar, trunk = (forwards(a, guide) if a and guide else a for a in (pelvis, lumbar, trunk))
    curves = _curves(base.times_s(), trunk, pelvis, lumbar, hips)
    used = [angle for angle in (trunk, pelvis, lumbar, *hips) if angle is not None]
    found_cycles = _require_cycles(recording, base, curves[0])
    taken, doubted = (tuple(said(angle) for angle in used if angle.guessed is guessed) for guessed in (False, True))
    return Bending(base.rate_hz, base.start_s, *curves, found_cycles, taken, (*doubted, *_doubts(curves, pelvis, hips)))


def shares(bent: Bending, cycle: Cycle, *, rising: bool) -> Mapping[str, float]:
    """Lumbar share of the movement of lumbar spine and hip together, in all and by quarter of the trunk's range [0-1].

    Quarters count in the direction of the movement: the first quarter of rising begins in full flexion. A quarter in which both
    together move less than a degree is left out. Negative, or above one: one of the two moves the other way.
    """
    if bent.hip is None or bent.lumbar is None:
        return {}
    begin, end = (cycle.leave_s, cycle.end_s) if rising else (cycle.start.quantile(0.5), cycle.top_s)
    trunk, hip, lumbar = (bent.between(values, begin, end) for values in (bent.trunk, bent.hip, bent.lumbar))
    if trunk.size < 10 or not np.isfinite([trunk, hip, lumbar]).all():
        return {}
    travelled = np.maximum.accumulate((trunk - trunk[0]) * (-1.0 if rising else 1.0))
    marks = [int(np.searchsorted(travelled, share * travelled[-1])) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    spans = {"all": (0, trunk.size - 1), **{f"q{q}": (marks[q - 1], marks[q]) for q in QUARTERS}}
    found = {}
    for name, (a, b) in spans.items():
        spine, leg = float(lumbar[b] - lumbar[a]), float(hip[b] - hip[a])
        if abs(spine + leg) > math.radians(1.0):
            found[name] = spine / (spine + leg)
    return found


def relative_phase(bent: Bending, cycle: Cycle, *, rising: bool) -> float | None:
    """Phase of the lumbar spine minus phase of the hip, averaged over flexion or extension [rad]; positive: the spine leads.

    None where one of the two hardly moves, so that it has no phase.
    """
    if bent.hip is None or bent.lumbar is None:
        return None
    begin, end = cycle.start.quantile(0.5) - _PADDING_S, cycle.end_s + _PADDING_S
    hip, lumbar = bent.between(bent.hip, begin, end), bent.between(bent.lumbar, begin, end)
    if not np.isfinite([hip, lumbar]).all() or min(np.ptp(hip), np.ptp(lumbar)) < SMALLEST_ANGLE_RAD:
        return None
    gap = np.exp(1j * (_phase(lumbar) - _phase(hip)))
    times = max(begin, bent.start_s) + np.arange(hip.size) / bent.rate_hz
    span = (cycle.leave_s, cycle.end_s) if rising else (cycle.start.quantile(0.5), cycle.top_s)
    inside = gap[(times >= span[0]) & (times <= span[1])]
    return float(np.angle(inside.mean())) if inside.size else None


def loop(bent: Bending, cycle: Cycle) -> Floats | None:
    """Hip against lumbar flexion over one cycle, (2, point) [rad], thinned for a figure."""
    if bent.hip is None or bent.lumbar is None:
        return None
    both = np.stack([bent.between(values, cycle.start.quantile(0.5), cycle.end_s) for values in (bent.hip, bent.lumbar)])
    return both[:, :: max(1, both.shape[1] // _LOOP_POINTS)] if np.isfinite(both).all() else None


def _phase(angle: Floats) -> Floats:
    centred = angle - (angle.max() + angle.min()) / 2.0
    return np.angle(signal.hilbert(centred))


def _curves(
    times: Floats, trunk: Angle | None, pelvis: Angle | None, lumbar: Angle | None, hips: list[Angle]
) -> tuple[Floats, Floats | None, Floats | None]:
    """Trunk, hip and lumbar angle at common times, the missing ones from the others; a gap stays a gap."""

    def on(angle: Angle | None) -> Floats | None:
        return None if angle is None else angle.at(times)

    leg = np.mean([hip.at(times) for hip in hips], axis=0) if hips else None
    t, p, s = on(trunk), on(pelvis), on(lumbar)
    under = p if p is not None else leg
    if t is None and s is not None and under is not None:
        t = s + under
    if s is None and t is not None and under is not None:
        s = t - under
    if t is None:
        raise ProtocolError("no trunk angle could be made of the angles in the file; give trunk_flexion.")
    hip = leg if leg is not None else p
    if hip is None and s is not None:
        hip = t - s
    return t, hip, s


def _require_cycles(recording: Recording, base: Angle, trunk: Floats) -> tuple[Cycle, ...]:
    found = cycles(trunk, rate_hz=base.rate_hz, start_s=base.start_s, smallest=SMALLEST_ANGLE_RAD)
    bent = [cycle for cycle in found if cycle.size >= SMALLEST_TRUNK_RAD]
    if not bent:
        travel = math.degrees(float(np.nanpercentile(trunk, 98) - np.nanpercentile(trunk, 2))) if np.isfinite(trunk).any() else 0.0
        raise ProtocolError(
            f"{recording.name}: no trunk flexion was found; the trunk angle travels over {travel:.0f} deg and needs at least "
            f"{math.degrees(SMALLEST_TRUNK_RAD):.0f} deg from standing and back; check that this is the right test and the right channel."
        )
    return tuple(bent)


def _doubts(curves: tuple[Floats, Floats | None, Floats | None], pelvis: Angle | None, hips: list[Angle]) -> list[str]:
    trunk, hip, lumbar = curves
    said_so = []
    if not np.isfinite(trunk).all():
        said_so.append("The angles have gaps or do not cover the same time; cycles that touch a gap were left out.")
    if hip is None or lumbar is None:
        said_so.append("Only the trunk angle is known, so the shares of hip and lumbar spine are not.")
    elif not hips:
        said_so.append("No hip angle: the forward tilt of the pelvis was taken as hip flexion, as if the legs stood still.")
    elif pelvis is None:
        said_so.append("No pelvis angle: hip flexion was taken as the tilt of the pelvis where one was needed, as if the legs stood still.")
    elif np.ptp(hip) > np.ptp(trunk - lumbar) + math.radians(25.0):
        said_so.append(
            "The hips flex much more than the pelvis tips, so the thighs move too; this looks like a squat rather than a trunk flexion."
        )
    return said_so
