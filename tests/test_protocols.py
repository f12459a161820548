"""What every registered protocol must hold, whoever wrote it; and amplitudes."""

import dataclasses
import re

import numpy as np
import pytest

import hipspine.assessment
from hipspine import plugins
from hipspine.assessment.amplitude import MeanAmplitude, PeakAmplitude, ReferenceKind, mean_share, normalise, rms
from hipspine.assessment.protocol import Protocol
from hipspine.errors import InputError, ModelError, ProtocolError, SignalError
from hipspine.evidence import tables
from hipspine.signals.recording import Channel, Recording, Stream
from hipspine.signals.simulation import people
from hipspine.terms import Certainty, ChannelStatus, Side, StreamKind

PROTOCOLS = plugins.find(hipspine.assessment, "PROTOCOL", group="hipspine.protocols")
SIMULATED = {
    "prone-hip-extension": lambda rng: people.prone_hip_extension(rng, repetitions=3),
    "trunk-flexion-extension": lambda rng: people.trunk_flexion_extension(rng, repetitions=3),
    "contact": lambda rng: people.gait(rng),
}
FORBIDDEN = re.compile(r"\b(inhibited|dysfunction\w*|diagnos\w*|normal|abnormal\w*|healthy range|cut-?off)\b", re.IGNORECASE)
UNITS = {"ms", "s", "%", "deg", "ratio", "1", ""}


@pytest.fixture(scope="module")
def assessed():
    """Each built-in protocol on its simulated person, computed once."""
    return {name: PROTOCOLS[name].assess(make(np.random.default_rng(11))[0]) for name, make in SIMULATED.items()}


@pytest.mark.parametrize("name", sorted(PROTOCOLS))
def test_a_protocol_describes_itself(name):
    protocol = PROTOCOLS[name]
    assert isinstance(protocol, Protocol)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
    assert protocol.title
    assert protocol.needs
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", measure) for measure in protocol.measures)
    assert all(text[0].isupper() and text.endswith(".") for text in (*protocol.needs, *protocol.measures.values()))


@pytest.mark.parametrize("name", sorted(PROTOCOLS))
def test_the_sources_of_a_protocol_exist(name):
    assert PROTOCOLS[name].sources
    assert all(tables.cite(key) for key in PROTOCOLS[name].sources)


@pytest.mark.parametrize("name", sorted(SIMULATED))
def test_every_finding_is_declared_bounded_graded_and_said_in_a_sentence(name, assessed):
    result = assessed[name]
    assert result.findings
    for finding in result.findings:
        assert finding.measure in PROTOCOLS[name].measures
        assert finding.unit in UNITS
        assert finding.sentence.endswith(".")
        assert not FORBIDDEN.search(finding.sentence), finding.sentence
        if finding.value is None:
            assert finding.certainty is Certainty.NONE
            assert (finding.low, finding.high) == (None, None)
        elif not isinstance(finding.value, str):
            assert finding.low <= finding.value <= finding.high, finding
            assert all(type(number) is float for number in (finding.value, finding.low, finding.high))


@pytest.mark.parametrize("name", sorted(SIMULATED))
def test_every_reference_has_a_source_that_exists_and_no_secondary_value_leads(name, assessed):
    secondary = {row.value for table in tables.VALUE_TABLES for row in tables.load(table) if not row.may_lead} - {None}
    for finding in assessed[name].findings:
        for reference in (*((finding.reference,) if finding.reference else ()), *finding.other_references):
            assert tables.reference(reference.source)
            assert reference.note
        if finding.reference and finding.reference.value is not None:
            assert abs(finding.reference.value) not in secondary


@pytest.mark.parametrize("name", sorted(SIMULATED))
def test_orders_are_probabilities_over_repetitions_that_exist(name, assessed):
    result = assessed[name]
    assert result.orders
    for order in result.orders:
        count = len(order.muscles)
        assert order.p_before.shape == (count, count)
        assert np.isfinite(order.p_before).all()
        np.testing.assert_allclose(order.p_before + order.p_before.T, 1.0, atol=1e-9)
        assert order.consistency is None or 0.0 <= order.consistency <= 1.0
        assert order.verdict
    assert [repetition.number for repetition in result.repetitions] == list(range(1, len(result.repetitions) + 1))
    for repetition in result.repetitions:
        assert repetition.end_s is None or repetition.end_s > repetition.start_s
        for mark in repetition.marks:
            assert mark.on_s is None or mark.on_low_s <= mark.on_s <= mark.on_high_s
    for curve in result.loops.values():
        assert curve.shape[0] == 2
        assert np.isfinite(curve).all()


def test_the_same_recording_gives_the_same_findings(assessed):
    again = PROTOCOLS["contact"].assess(SIMULATED["contact"](np.random.default_rng(11))[0])
    assert again.findings == assessed["contact"].findings


def emg(*channels, values=None, rate_hz=1000.0):
    """A recording of noise in these channels."""
    noise = np.random.default_rng(0).normal(0.0, 5e-6, (len(channels), 8000)) if values is None else values
    return Recording("file.csv", "text", (Stream(StreamKind.EMG, rate_hz, 0.0, channels, noise),))


GLUTE = Channel("GMAX_L", "gluteus_maximus", Side.LEFT, unit="V")
KNEE = Stream(StreamKind.ANGLE, 100.0, 0.0, (Channel("knee_angle_r", unit="rad"),), np.zeros((1, 500)))
BAD = {
    "no streams": Recording("file.csv", "text", ()),
    "angles only": Recording("file.csv", "text", (KNEE,)),
    "no gluteus": emg(Channel("TA", "tibialis_anterior", Side.LEFT, unit="V")),
    "unnamed channels": emg(Channel("EMG1", unit="V"), Channel("EMG2", unit="V")),
    "envelopes": emg(dataclasses.replace(GLUTE, status=ChannelStatus.ENVELOPE), values=np.ones((1, 8000))),
    "nothing but noise": emg(GLUTE, Channel("ST_L", "semitendinosus", Side.LEFT, unit="V")),
    "a dead channel": emg(GLUTE, values=np.zeros((1, 8000))),
    "a channel of gaps": emg(dataclasses.replace(GLUTE, status=ChannelStatus.GAPS), values=np.full((1, 8000), np.nan)),
}


@pytest.mark.parametrize("name", sorted(PROTOCOLS))
@pytest.mark.parametrize("case", sorted(BAD))
def test_what_cannot_be_assessed_is_refused_in_one_sentence_that_names_the_file(name, case):
    with pytest.raises(ProtocolError) as refused:
        PROTOCOLS[name].assess(BAD[case])
    said = str(refused.value)
    assert said.startswith("file.csv: ")
    assert "\n" not in said
    assert ";" in said


@pytest.mark.parametrize(("made_for", "assessed_as", "hint"), [
    ("contact", "prone-hip-extension", "use --protocol contact"),
    ("contact", "trunk-flexion-extension", "no trunk"),
    ("prone-hip-extension", "trunk-flexion-extension", "no trunk"),
    ("prone-hip-extension", "contact", "no foot contact"),
    ("trunk-flexion-extension", "contact", "no foot contact"),
    ("trunk-flexion-extension", "prone-hip-extension", "both hips move at the same time"),
])  # fmt: skip
def test_the_wrong_protocol_is_told_so(made_for, assessed_as, hint):
    recording, _ = SIMULATED[made_for](np.random.default_rng(1))
    with pytest.raises(ProtocolError, match=hint):
        PROTOCOLS[assessed_as].assess(recording)


def test_every_protocol_error_is_an_input_error():
    assert issubclass(ProtocolError, InputError)


# -------------------------------------------------------------------------------------------------------------- amplitudes


def peak(volt, task="", side=Side.LEFT, muscle="gluteus_maximus"):
    return PeakAmplitude(muscle, side, volt, task)


def mean(volt, task=""):
    return MeanAmplitude("gluteus_maximus", Side.LEFT, volt, task)


def test_the_best_of_several_maximal_positions_is_the_reference():
    found = normalise(peak(1e-4), [peak(2e-4, "prone"), peak(4e-4, "squeeze"), peak(3e-4, "standing")], kind=ReferenceKind.MVIC)
    assert found.share == pytest.approx(0.25)
    assert found.reference.task == "squeeze"


@pytest.mark.parametrize(("references", "said"), [
    ([], "no reference contraction"),
    ([mean(2e-4)], "a peak and a mean"),
    ([peak(2e-4, side=Side.RIGHT)], "same muscle and side"),
    ([peak(2e-4, muscle="biceps_femoris")], "same muscle and side"),
    ([peak(0.0)], "shows no activity"),
])  # fmt: skip
def test_a_reference_that_does_not_fit_is_refused(references, said):
    with pytest.raises(ModelError, match=said):
        normalise(peak(1e-4), references, kind=ReferenceKind.MVIC)


def test_peaks_and_means_and_maximal_and_submaximal_are_never_averaged():
    a = normalise(peak(1e-4), [peak(2e-4)], kind=ReferenceKind.MVIC)
    b = normalise(mean(1e-4), [mean(2e-4)], kind=ReferenceKind.MVIC)
    c = normalise(peak(1e-4), [peak(2e-4)], kind=ReferenceKind.SUBMAXIMAL)
    with pytest.raises(ModelError, match="a peak and a mean"):
        mean_share([a, b])
    with pytest.raises(ModelError, match="mvic and to submaximal"):
        mean_share([a, c])
    with pytest.raises(ModelError, match="no amplitudes"):
        mean_share([])
    assert mean_share([a, dataclasses.replace(a, share=0.7)]) == pytest.approx(0.6)


def test_a_negative_or_unknown_amplitude_is_refused():
    for volt in (-1e-6, float("nan")):
        with pytest.raises(ModelError, match="finite number that is not negative"):
            peak(volt)


def test_the_root_mean_square_does_not_see_offset_or_drift_and_scales_with_gain():
    rng = np.random.default_rng(2)
    signal = rng.normal(0.0, 1e-5, 4000)
    t = np.arange(4000) / 1000.0
    level = rms(signal, rate_hz=1000.0)
    drifting = rms(signal + 1e-3 + 1e-4 * np.sin(2 * np.pi * 0.3 * t), rate_hz=1000.0)
    np.testing.assert_allclose(drifting[200:-200], level[200:-200], rtol=0.02)
    np.testing.assert_allclose(rms(1e6 * signal, rate_hz=1000.0), 1e6 * level, rtol=1e-9)
    with pytest.raises(SignalError, match="finite"):
        rms(np.full(100, np.nan), rate_hz=1000.0)
    with pytest.raises(SignalError, match="too low"):
        rms(signal, rate_hz=30.0)
