"""Trunk flexion and extension in standing: order, durations, relaxation of the back muscles, and hip-spine rhythm.

The measures of leinonen2000 (19 women with, 19 without chronic low back pain; read as an abstract, which holds no times): in early
flexion back muscles and biceps femoris before gluteus maximus; in pain gluteus maximus active for a shorter time in flexion and
ending earlier in extension. Relaxation ratios after frr_clinical, their size in chronic pain from gouteron2022; rhythm: see `rhythm`.
"""

import numpy as np

from hipspine.assessment.bursts import BACK, HAMSTRINGS, ROLES, best_channel, burst_in, bursts_of, clipped, doubles, is_timed, why_not
from hipspine.assessment.findings import beside, certainty_of, grade_of, measured, unknown
from hipspine.assessment.movement import Cycle
from hipspine.assessment.order import order_of, paired_delay
from hipspine.assessment.order_findings import order_findings
from hipspine.assessment.pooling import NODES, Estimate, Pooled, nodes_of, pool
from hipspine.assessment.protocol import Assessment, Finding, Mark, Order, Protocol, Reference, Repetition
from hipspine.assessment.relaxation import ratios
from hipspine.assessment.rhythm import QUARTERS, Bending, bending, loop, relative_phase, shares
from hipspine.assessment.wording import counted, interval, muscle_name, sided
from hipspine.signals.channels import channel_onsets
from hipspine.signals.recording import Recording
from hipspine.signals.timing import ChannelOnsets, TimePosterior
from hipspine.terms import ChannelStatus, Floats, Grade, Side, StreamKind

EARLIEST_S = 0.5  # a muscle may start so long before the trunk moves
_GLUTE = "gluteus_maximus"
_TIMED = (*BACK, *HAMSTRINGS, _GLUTE)
_MATTERS_MS, _MATTERS_PERCENT, _MATTERS_RATIO = (
    100.0,
    10.0,
    1.19,
)  # the ratio: low back pain v healthy (gouteron2022); others are our choice


def assess(recording: Recording) -> Assessment:
    """Findings of a trunk flexion-extension test; see `evaluate`."""
    return evaluate(recording, channel_onsets(recording) if recording.of_kind(StreamKind.EMG) else ())


def evaluate(recording: Recording, channels: tuple[ChannelOnsets, ...]) -> Assessment:
    """Findings of a trunk flexion-extension test from a recording and the onsets of its EMG channels.

    Without EMG, or with envelopes only, the hip-spine rhythm is still given and the muscle findings say why they are not.

    Raises:
        ProtocolError: no trunk angle, or no flexion of the trunk.
    """
    bent = bending(recording)
    warnings = [*bent.doubts, *doubles(channels, _TIMED), *clipped(channels, _TIMED), *_warnings(bent, channels)]
    findings: list[Finding] = []
    orders: list[Order] = []
    marks: list[list[Mark]] = [[] for _ in bent.cycles]
    sides = [side for side in (Side.LEFT, Side.RIGHT, None) if any(e.channel.side is side and _is_wanted(e) for e in channels)]
    for side in sides:
        said, order = _muscle_findings(channels, side, bent, marks)
        findings += said
        orders += [order] if order else []
        findings += _relaxation_findings(recording, channels, side, bent)
    if not sides:
        why = "No EMG channel of gluteus maximus, hamstrings or back muscles: only the movement can be described."
        findings.append(unknown(f"{_GLUTE}_active_in_flexion", None, unit="s", why=why))
    findings += _rhythm_findings(bent)
    loops = {f"lumbar against hip, cycle {i + 1}": curve for i, c in enumerate(bent.cycles) if (curve := loop(bent, c)) is not None}
    repetitions = tuple(
        Repetition(i + 1, None, c.start.quantile(0.5), c.end_s, tuple(marks[i]), c.start.quantile(0.025), c.start.quantile(0.975))
        for i, c in enumerate(bent.cycles)
    )
    return Assessment(PROTOCOL.name, tuple(findings), tuple(orders), repetitions, loops, tuple(dict.fromkeys(warnings)), bent.taken)


def _is_wanted(entry: ChannelOnsets) -> bool:
    return any(entry.channel.muscle in ROLES[role] for role in _TIMED)


def _warnings(bent: Bending, channels: tuple[ChannelOnsets, ...]) -> list[str]:
    said = []
    if len(bent.cycles) < 3:
        said.append(f"{counted(len(bent.cycles), 'cycle')} only; record at least three, better five.")
    if any(entry.channel.status is ChannelStatus.ENVELOPE for entry in channels):
        said.append(
            "Some EMG channels are envelopes (rectified and smoothed): their onsets cannot be timed; relaxation ratios still can be given."
        )
    for entry in channels:
        share = entry.quality.ecg_ratio
        if share is not None and share > 0.1 and any(entry.channel.muscle in ROLES[role] for role in BACK):
            said.append(
                f"{entry.channel.label}: the heart makes up {100 * share:.0f} % of the signal; relaxation ratios may come out too small."
            )
    return said


# ------------------------------------------------------------------------------------------------------------------ muscles


def _muscle_findings(
    channels: tuple[ChannelOnsets, ...], side: Side | None, bent: Bending, marks: list[list[Mark]]
) -> tuple[list[Finding], Order | None]:
    """Onsets in early flexion, their order, and how long gluteus maximus is active; fills in the marks of each cycle."""
    findings: list[Finding] = []
    starts: dict[str, list[TimePosterior | None]] = {}
    for role in _TIMED:
        entry = best_channel(channels, role, side)
        if entry is None:
            continue
        bursts = bursts_of(entry, muscle=role)
        chosen = [
            burst_in(bursts, earliest_s=c.start.quantile(0.5) - EARLIEST_S, core=(c.start.quantile(0.5), c.top_s)) for c in bent.cycles
        ]
        for i, c in enumerate(bent.cycles):
            begin = c.start.quantile(0.5) - EARLIEST_S
            marks[i] += [b.mark for b in bursts if b.off_s > begin and b.on_s < c.end_s]
        starts[role] = [None if burst is None else burst.on for burst in chosen]
        pooled = paired_delay(starts[role], [c.start for c in bent.cycles])
        findings.append(_onset_finding(role, side, pooled) if pooled else _no_onset(entry, role, side))
    seen = {role: on for role, on in starts.items() if any(moment is not None for moment in on)}
    order = order_of(seen, side=side) if len(seen) > 1 else None
    if order:
        where = f"{side.value.capitalize()} side in early flexion" if side else "Muscles in early flexion"
        references = (beside("T0014"), beside("T0015"), beside("T0075"))
        findings += order_findings(order, seen, where=where, thing="cycle", grade=grade_of("A09"), references=references)
    return findings + _glute_findings(channels, side, bent), order


def _onset_finding(role: str, side: Side | None, pooled: Pooled) -> Finding:
    m = pooled.mean
    low, high = (m.low, m.high) if m.value >= 0.0 else (-m.high, -m.low)
    size = interval(abs(m.value) * 1e3, low * 1e3, high * 1e3, "ms")
    verb = "start" if role.endswith("hamstrings") else "starts"
    sentence = f"{sided(side, role)} {verb} {size} {'after' if m.value >= 0.0 else 'before'} the trunk begins to bend ({_of(pooled)})."
    return measured(
        f"{role}_onset_in_flexion", side, m, unit="ms", factor=1e3, sentence=sentence, grade=grade_of("A09"),
        certainty=certainty_of(m.low * 1e3, m.high * 1e3, matters=_MATTERS_MS, repetitions=pooled.repetitions),
        references=(beside("T0014"), beside("T0015")),
    )  # fmt: skip


def _no_onset(entry: ChannelOnsets, role: str, side: Side | None) -> Finding:
    why = why_not(entry, role=role, side=side).replace("belongs to the movement", "starts in flexion")
    return unknown(f"{role}_onset_in_flexion", side, unit="ms", why=why, grade=grade_of("A09"))


def _glute_findings(channels: tuple[ChannelOnsets, ...], side: Side | None, bent: Bending) -> list[Finding]:
    """Active duration of gluteus maximus in flexion, and the end of its activity in extension."""
    entry = best_channel(channels, _GLUTE, side)
    names = {f"{_GLUTE}_active_in_flexion": "s", f"{_GLUTE}_active_share_of_flexion": "%", f"{_GLUTE}_end_in_extension": "s",
             f"{_GLUTE}_end_share_of_extension": "%"}  # fmt: skip
    if entry is None or not is_timed(entry):
        why = why_not(entry, role=_GLUTE, side=side)
        return [unknown(name, side, unit=unit, why=why, grade=grade_of("A09")) for name, unit in names.items()]
    who = sided(side, _GLUTE)
    active = [_active(entry, c.start.quantile(0.5), c.top_s) for c in bent.cycles]
    lengths = [c.top_s - c.start.quantile(0.5) for c in bent.cycles]
    found = [
        _phase_finding(
            f"{_GLUTE}_active_in_flexion", side, active, [1.0] * len(active), "s", f"{who} is active for {{}} of flexion", "T0016"
        ),
        _phase_finding(
            f"{_GLUTE}_active_share_of_flexion", side, active, lengths, "%", f"{who} is active for {{}} of the time of flexion", "T0016"
        ),
    ]
    ends = [_end(entry, c) for c in bent.cycles]
    there = [(end, c.end_s - c.leave_s) for end, c in zip(ends, bent.cycles, strict=True) if end is not None and c.end_s > c.leave_s]
    if not there:
        why = f"{who}: no burst of channel {entry.channel.label!r} ends in extension."
        return [*found, *(unknown(name, side, unit=names[name], why=why, grade=grade_of("A09")) for name in list(names)[2:])]
    nodes, spans = [end for end, _ in there], [span for _, span in there]
    return [
        *found,
        _phase_finding(
            f"{_GLUTE}_end_in_extension", side, nodes, [1.0] * len(nodes), "s", f"{who} ends {{}} after the trunk begins to rise", "T0017"
        ),
        _phase_finding(f"{_GLUTE}_end_share_of_extension", side, nodes, spans, "%", f"{who} ends at {{}} of extension", "T0017"),
    ]


def _phase_finding(measure: str, side: Side | None, nodes: list[Floats], spans: list[float], unit: str, words: str, row: str) -> Finding:
    scale, matters, digits = (100.0, _MATTERS_PERCENT, 0) if unit == "%" else (1.0, _MATTERS_MS / 1e3, 2)
    pooled = pool(np.array([scale * node / span for node, span in zip(nodes, spans, strict=True)]), limit=50.0 if unit == "%" else 1.0)
    m = _bounded(pooled.mean, 0.0, np.inf)
    sentence = f"{words.format(interval(m.value, m.low, m.high, unit, digits=digits))} ({counted(pooled.repetitions, 'cycle')})."
    return measured(
        measure, side, m, unit=unit, factor=1.0, sentence=sentence, grade=grade_of("A09"), references=(beside(row),),
        certainty=certainty_of(m.low, m.high, matters=matters, repetitions=pooled.repetitions),
    )  # fmt: skip


def _bounded(estimate: Estimate, low: float, high: float) -> Estimate:
    """The estimate within what is possible (a time is not negative)."""
    return Estimate(np.clip(estimate.points, low, high), estimate.below)


def _active(entry: ChannelOnsets, begin: float, end: float) -> Floats:
    """Equally probable durations for which a channel is active between two times [s]."""
    total = np.zeros(NODES)
    shares = (np.arange(2 * NODES) + 0.5) / (2 * NODES)
    for burst in bursts_of(entry, muscle=_GLUTE):
        on = np.full(1, -np.inf) if burst.on is None else burst.on.at(shares)
        off = np.full(1, np.inf) if burst.off is None else burst.off.at(shares)
        length = np.minimum(off[None, :], end) - np.maximum(on[:, None], begin)
        total += nodes_of(np.maximum(length, 0.0).ravel())
    return np.minimum(total, end - begin)


def _end(entry: ChannelOnsets, cycle: Cycle) -> Floats | None:
    """Equally probable ends of the last activity in extension, from its beginning [s]; None where it is silent or never ends."""
    fitting = [
        b for b in bursts_of(entry, muscle=_GLUTE) if b.on_s < cycle.end_s and b.off_s > cycle.leave_s and b.off_s < cycle.end_s + 1.0
    ]
    last = fitting[-1].off if fitting else None
    return None if last is None else nodes_of(last.at((np.arange(2 * NODES) + 0.5) / (2 * NODES))) - cycle.leave_s


# ----------------------------------------------------------------------------------------------------- relaxation and rhythm


def _relaxation_findings(recording: Recording, channels: tuple[ChannelOnsets, ...], side: Side | None, bent: Bending) -> list[Finding]:
    entry = best_channel(channels, "erector_spinae", side) or best_channel(channels, "multifidus", side)
    names = {"flexion_relaxation_ratio": ("flexion", "T0071"), "extension_relaxation_ratio": ("extension", "T0072")}
    if entry is None:
        return []
    muscle = next(role for role in BACK if entry.channel.muscle in ROLES[role])
    found = ratios(recording, entry, bent.cycles)
    said = []
    for name, (phase, row) in names.items():
        others = (
            (beside("T0073", "difference of the flexion ratio", direction_only=True), beside("T0074", direction_only=True))
            if phase == "flexion"
            else ()
        )
        references = (beside(row), *others)
        values: Floats = getattr(found, phase)
        if not values.size:
            why = f"{sided(side, muscle)}: {found.why_not}."
            said.append(unknown(name, side, unit="ratio", why=why, grade=Grade.LOW_CERTAINTY, references=references))
            continue
        logs = pool(np.log(values)[:, None], limit=1.0)
        m = Estimate(np.exp(logs.mean.points), logs.mean.below)
        sentence = (
            f"{sided(side, muscle)}: the highest EMG in {phase} is {interval(m.value, m.low, m.high, digits=1)} times the mean in "
            f"full flexion ({counted(logs.repetitions, 'cycle')})."
        )
        sure = certainty_of(m.low, m.high, matters=_MATTERS_RATIO, repetitions=logs.repetitions)
        said.append(
            measured(
                name, side, m, unit="ratio", factor=1.0, sentence=sentence, certainty=sure, grade=Grade.LOW_CERTAINTY, references=references
            )
        )
    return said


def _rhythm_findings(bent: Bending) -> list[Finding]:
    if bent.hip is None or bent.lumbar is None:
        why = "Only the trunk angle is known; give a hip or pelvis angle to see how hip and lumbar spine share the movement."
        return [unknown("lumbar_share_flexion", None, unit="%", why=why, grade=grade_of("A09"))]
    found = []
    for rising, phase in ((False, "flexion"), (True, "extension")):
        per_cycle = [shares(bent, cycle, rising=rising) for cycle in bent.cycles]
        for part in ("all", *(f"q{q}" for q in QUARTERS)):
            values = [100.0 * share[part] for share in per_cycle if part in share]
            name = f"lumbar_share_{phase}" + ("" if part == "all" else f"_{part}")
            found.append(_share_finding(name, phase, part, values))
        phases = [gap for cycle in bent.cycles if (gap := relative_phase(bent, cycle, rising=rising)) is not None]
        found.append(_relative_phase_finding(phase, phases))
    return found


def _share_finding(name: str, phase: str, part: str, values: list[float]) -> Finding:
    where = phase if part == "all" else f"quarter {part[1]} of {phase}"
    references = _share_references(phase, part)
    if not values:
        why = f"In {where} hip and lumbar spine hardly moved, or their angles have gaps, so their shares are not known."
        return unknown(name, None, unit="%", why=why, grade=grade_of("A09"), references=references)
    pooled = pool(np.array(values)[:, None], limit=50.0)
    m = pooled.mean
    sentence = (
        f"In {where} the lumbar spine gives {interval(m.value, m.low, m.high, '%')} of the movement and the hip the other "
        f"{100.0 - m.value:.0f} % ({counted(pooled.repetitions, 'cycle')})."
    )
    sure = certainty_of(m.low, m.high, matters=_MATTERS_PERCENT, repetitions=pooled.repetitions)
    lead = references if part == "all" else ()
    finding = measured(name, None, m, unit="%", factor=1.0, sentence=sentence, certainty=sure, grade=grade_of("A09"), references=lead)
    return finding if part == "all" else _with_others(finding, references)


def _share_references(phase: str, part: str) -> tuple[Reference, ...]:
    """What was published: totals of forward bending, and a direction; what others report of a study never leads."""
    if part == "all":
        total = (beside("T0078", "lumbar share of forward bending"),) if phase == "flexion" else ()
        return (*total, beside("T0039", "end-range contribution; a count of studies", direction_only=True), beside("T0045"))
    if phase == "flexion" and part == "q1":
        early = beside("T0079", "lumbar to hip about 2:1 early in the movement, which is a share of 67 %", direction_only=True)
        return (early, beside("T0045"))
    return (beside("T0045"),)


def _with_others(finding: Finding, references: tuple[Reference, ...]) -> Finding:
    return Finding(
        finding.measure, finding.side, finding.value, finding.unit, finding.low, finding.high, None, finding.grade, finding.certainty,
        finding.sentence, references,
    )  # fmt: skip


def _relative_phase_finding(phase: str, gaps: list[float]) -> Finding:
    name = f"relative_phase_{phase}"
    if not gaps:
        why = f"In {phase} the hip or the lumbar spine hardly moves, or has gaps, so it has no phase."
        return unknown(name, None, unit="deg", why=why)
    degrees = np.degrees(np.unwrap(np.array(gaps)))
    pooled = pool(degrees[:, None], limit=45.0)
    m = pooled.mean
    leads = "neither leads clearly" if m.low <= 0.0 <= m.high else f"the {'lumbar spine' if m.value > 0.0 else 'hip'} leads"
    sentence = (
        f"In {phase} {leads}: lumbar minus hip phase is {interval(m.value, m.low, m.high, 'deg')} ({counted(pooled.repetitions, 'cycle')})."
    )
    sure = certainty_of(m.low, m.high, matters=10.0, repetitions=pooled.repetitions)
    return measured(name, None, m, unit="deg", factor=1.0, sentence=sentence, certainty=sure)


def _of(pooled: Pooled) -> str:
    if pooled.spread is None:
        return "a single cycle; its interval is that of the measurement only"
    return f"{counted(pooled.repetitions, 'cycle')}, scatter {pooled.spread.value * 1e3:.0f} ms"


def _quarters(phase: str) -> dict[str, str]:
    def said(quarter: int) -> str:
        return f"The same in quarter {quarter} of the trunk's range in {phase}, counted in the direction of the movement [%]."

    return {f"lumbar_share_{phase}_q{quarter}": said(quarter) for quarter in QUARTERS}


PROTOCOL = Protocol(
    name="trunk-flexion-extension",
    title="Trunk flexion and extension",
    needs=(
        "A trunk angle (or lumbar and pelvis angles), and for the rhythm a hip or pelvis angle.",
        "Raw EMG at 1000 Hz or more of erector spinae, gluteus maximus and biceps femoris, both sides.",
        "At least three cycles: stand, bend, hang for some seconds, rise, stand; knees straight.",
    ),
    measures={
        **{f"{role}_onset_in_flexion": f"Onset of the {muscle_name(role)} minus start of flexion [ms]." for role in _TIMED},
        f"{_GLUTE}_active_in_flexion": "Time for which gluteus maximus is active in flexion [s].",
        f"{_GLUTE}_active_share_of_flexion": "The same as a share of flexion [%].",
        f"{_GLUTE}_end_in_extension": "End of the activity of gluteus maximus after the trunk begins to rise [s].",
        f"{_GLUTE}_end_share_of_extension": "The same as a share of extension [%]; above 100: after it.",
        "flexion_relaxation_ratio": "Highest EMG of the back muscle in flexion over its mean in full flexion (RMS over 0.1 s) [ratio].",
        "extension_relaxation_ratio": "Highest EMG of the back muscle in extension over its mean in full flexion (RMS over 0.1 s) [ratio].",
        **{f"lumbar_share_{phase}": f"Share of the lumbar spine in what lumbar spine and hip move in {phase} [%]; the hip gives the rest."
           for phase in ("flexion", "extension")},
        **_quarters("flexion"),
        **_quarters("extension"),
        **{f"relative_phase_{phase}": f"Continuous relative phase, lumbar minus hip, mean over {phase} [deg]; Hilbert transform of centred "
           "angles (lamb2014); positive: the lumbar spine leads." for phase in ("flexion", "extension")},
        "order": "Order in which the muscles start in early flexion, in words; may be 'no consistent order'.",
        "order_consistency": "Kendall's W of that order over cycles [1]; 0 not at all, 1 always the same.",
    },
    sources=(
        "leinonen2000", "gouteron2022", "frr_clinical", "neblett2013", "kienbacher2016", "mcgorry2001", "esola1996", "laird2014",
        "vazirian2016", "lamb2014", "ippersiel2019", "gelman2005",
    ),
    assess=assess,
    evaluate=evaluate,
)  # fmt: skip
