"""Labels of many laboratories, read as muscle, side and region."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipspine.anatomy.lexicon import lexicon
from hipspine.anatomy.names import muscles, part_of_body, resolve, resolve_all
from hipspine.terms import ChannelStatus, Region, Side

LEFT, RIGHT = Side.LEFT, Side.RIGHT


@pytest.mark.parametrize(
    ("label", "muscle", "side"),
    [
        ("GMAX", "gluteus_maximus", None),
        ("LGMAX", "gluteus_maximus", LEFT),
        ("GMAX_L", "gluteus_maximus", LEFT),
        ("R_GLUT_MAX", "gluteus_maximus", RIGHT),
        ("GMax-R", "gluteus_maximus", RIGHT),
        ("Gluteus Maximus", "gluteus_maximus", None),
        ("LT GLUTEUS MAX., uV", "gluteus_maximus", LEFT),
        ("EMG1_RGluteusMax", "gluteus_maximus", RIGHT),
        ("G. Maximus left", "gluteus_maximus", LEFT),
        ("GluteusMaximusLeft", "gluteus_maximus", LEFT),
        ("Sensor 1 - GMax R: EMG 1", "gluteus_maximus", RIGHT),
        ("Grand fessier gauche", "gluteus_maximus", LEFT),
        ("GRAND FESSIER DROIT", "gluteus_maximus", RIGHT),
        ("M. glutaeus maximus rechts", "gluteus_maximus", RIGHT),
        ("Großer Gesäßmuskel links", "gluteus_maximus", LEFT),
        ("Glúteo mayor derecho", "gluteus_maximus", RIGHT),
        ("Glúteo máximo esquerdo", "gluteus_maximus", LEFT),
        ("Grande gluteo sx", "gluteus_maximus", LEFT),
        ("Grande gluteo destro", "gluteus_maximus", RIGHT),
        ("Droit antérieur droit", "rectus_femoris", RIGHT),
        ("Grand droit gauche", "rectus_abdominis", LEFT),
        ("Rückenstrecker links", "erector_spinae", LEFT),
        ("ES_L3_left", "erector_spinae", LEFT),
        ("Erector Spinae (L1) - R", "erector_spinae", RIGHT),
        ("L_ES_L5", "erector_spinae", LEFT),
        ("Voltage.LES", "erector_spinae", LEFT),
        ("RERS", "erector_spinae", RIGHT),
        ("ipsilateral ES", "erector_spinae", None),
        ("MF", "multifidus", None),
        ("RMF", "multifidus", RIGHT),
        ("Multifidus L5 right", "multifidus", RIGHT),
        ("LD", "latissimus_dorsi", None),
        ("Left Latissimus Dorsi", "latissimus_dorsi", LEFT),
        ("ISC", "hamstrings", None),
        ("Ischio-jambiers gauche", "hamstrings", LEFT),
        ("Isquiotibiales der", "hamstrings", RIGHT),
        ("BF", "biceps_femoris", None),
        ("Right Biceps Femoris Caput Longu", "biceps_femoris", RIGHT),
        ("Lateral Hamstrin", "lateral_hamstrings", None),
        ("medham_l", "medial_hamstrings", LEFT),
        ("RMedHam", "medial_hamstrings", RIGHT),
        ("Semitendinosus re.", "semitendinosus", RIGHT),
        ("L Tib Ant", "tibialis_anterior", LEFT),
        ("R Gast", "gastrocnemius", RIGHT),
        ("JE", "gastrocnemius_lateralis", None),
        ("BicepsBrachiiR", "biceps_brachii", RIGHT),
    ],
)
def test_labels_of_many_laboratories_are_read(label: str, muscle: str, side: Side | None) -> None:
    name = resolve(label)
    assert (name.muscle, name.side, name.status) == (muscle, side, ChannelStatus.OK)
    assert 0.5 <= name.confidence <= 1.0
    assert name.reason


@pytest.mark.parametrize(
    ("label", "region"),
    [
        ("GMAX_upper_R", Region.UPPER),
        ("Gluteus maximus inferior left", Region.LOWER),
        ("glmax1_r", Region.UPPER),
        ("glmax2_l", Region.MIDDLE),
        ("GMAX lower", Region.LOWER),
        ("GMAX", None),
    ],
)
def test_regions_of_gluteus_maximus_are_read(label: str, region: Region | None) -> None:
    assert resolve(label).region is region
    assert resolve(label).muscle == "gluteus_maximus"


@pytest.mark.parametrize("label", ["Empty", "Spare", "L Spare", "-- Gauche", "-- Droit (2)", "", "  ", "unused 3", "leer"])
def test_a_channel_nobody_used_is_recognised(label: str) -> None:
    assert resolve(label).status is ChannelStatus.EMPTY
    assert resolve(label).muscle is None


@pytest.mark.parametrize("label", ["EMG10", "CH 3", "Trigno sensor 3: EMG 3 (IM)", "EMG"])
def test_a_channel_without_a_muscle_is_nameless_and_not_guessed(label: str) -> None:
    name = resolve(label)
    assert (name.muscle, name.status, name.confidence) == (None, ChannelStatus.UNNAMED, 0.0)


@pytest.mark.parametrize("label", ["Trigger", "Sync in", "Gate", "Force", "Acc X", "hip_flexion_deg", "Footswitch R", "ECG"])
def test_other_measurements_are_no_muscles(label: str) -> None:
    assert resolve(label).status is ChannelStatus.NOT_EMG


@pytest.mark.parametrize("label", ["GM", "GM_L", "L Glut", "MA", "L Rect", "RVAS", "Biceps", "vastus_medius"])
def test_what_several_muscles_fit_is_ambiguous_with_its_candidates(label: str) -> None:
    name = resolve(label)
    assert (name.muscle, name.status, name.confidence) == (None, ChannelStatus.AMBIGUOUS, 0.0)
    assert len(name.candidates) >= 2
    assert all(candidate.replace("_", " ") in name.reason for candidate in name.candidates)


def test_the_two_letter_set_is_read_as_a_whole() -> None:
    labels = ["ME", "MA", "FL", "RF", "VM", "VL", "ST", "BF", "TA", "PL", "GM", "GL", "SO"]
    read = dict(zip(labels, (name.muscle for name in resolve_all(labels)), strict=True))
    assert read["MA"] == "gluteus_maximus"
    assert read["ME"] == "gluteus_medius"
    assert read["GM"] == "gastrocnemius_medialis"
    assert None not in read.values()


def test_gm_beside_another_gluteal_muscle_stays_ambiguous() -> None:
    assert resolve_all(["GMAX", "GM", "GL"])[1].status is ChannelStatus.AMBIGUOUS
    assert resolve_all(["LGM", "RGM"])[0].status is ChannelStatus.AMBIGUOUS


def test_gm_beside_the_lateral_head_alone_is_the_medial_head() -> None:
    assert resolve_all(["GM", "GL", "SOL", "TA"])[0].muscle == "gastrocnemius_medialis"


def test_rectus_is_decided_by_the_other_muscles_only_where_they_agree() -> None:
    assert resolve_all(["L Rect", "L Hams", "L Gast"])[0].muscle == "rectus_femoris"
    assert resolve_all(["L Rect", "L EO", "L IO"])[0].muscle == "rectus_abdominis"
    assert resolve_all(["L Rect", "L EO", "L Hams"])[0].status is ChannelStatus.AMBIGUOUS


def test_a_partner_label_reveals_the_side() -> None:
    assert [name.side for name in resolve_all(["BFL", "BFR"])] == [LEFT, RIGHT]
    assert [name.side for name in resolve_all(["GMAX_E", "GMAX_D"])] == [LEFT, RIGHT]
    assert resolve_all(["BFL"])[0].side is None


def test_lgmax_beside_ugmax_is_the_lower_part() -> None:
    upper, lower = resolve_all(["UGMAX", "LGMAX"])
    assert (upper.region, lower.region, lower.side) == (Region.UPPER, Region.LOWER, None)


def test_every_muscle_reads_back_from_its_own_name_and_on_both_sides() -> None:
    for muscle in muscles():
        assert resolve(muscle).muscle == muscle
        assert resolve(f"{muscle}_l").side is LEFT
        assert resolve(f"Right {muscle.replace('_', ' ')}").side is RIGHT
        assert part_of_body(muscle) in {"hip", "thigh", "calf", "trunk", "arm"}


def test_every_code_of_the_table_means_its_muscle_or_is_ambiguous() -> None:
    for code, found in lexicon().exact.items():
        name = resolve(code)
        assert name.muscle in found or name.status is ChannelStatus.AMBIGUOUS, code


def test_every_candidate_in_the_table_is_a_known_muscle() -> None:
    table = lexicon()
    named = {muscle for found in table.exact.values() for muscle in found} | {muscle for muscle, _ in table.doubtful.values()}
    named |= {muscle for known in table.sets for muscle in known["codes"].values()} | set(table.lateral.values())
    named |= {muscle for rule in table.rules for muscle in (rule.get("muscle"), *rule.get("candidates", ())) if muscle}
    assert named <= set(muscles())


@given(st.text(max_size=40))
def test_any_text_gives_an_answer_that_is_consistent(label: str) -> None:
    name = resolve(label)
    assert (name.muscle is not None) == (name.status is ChannelStatus.OK)
    assert (name.status is ChannelStatus.AMBIGUOUS) == (name.muscle is None and len(name.candidates) > 0)
    assert name.muscle is None or name.muscle in muscles()
    assert name.reason


@given(st.sampled_from(["GMAX", "ES", "BF", "Gluteus Maximus", "Lateral Hamstrings"]), st.sampled_from([" ", "_", "-", ".", ": "]))
def test_case_and_separators_do_not_matter(core: str, separator: str) -> None:
    label = separator.join([*core.split(), "left"])
    assert resolve(label).muscle == resolve(label.upper()).muscle == resolve(label.lower()).muscle == resolve(core).muscle
    assert resolve(label).side is LEFT


def test_the_order_of_labels_does_not_matter() -> None:
    labels = ["ME", "MA", "RF", "BF", "TA", "GM", "GL"]
    forward = dict(zip(labels, resolve_all(labels), strict=True))
    backward = dict(zip(labels[::-1], resolve_all(labels[::-1]), strict=True))
    assert forward == backward


@pytest.mark.parametrize(
    ("label", "muscle", "side", "region"),
    [
        ("Noraxon Ultium EMG Sensor 0 Lt Gluteus Maximus upper part (channel 0) raw", "gluteus_maximus", Side.LEFT, Region.UPPER),
        ("Probe rectus femoris gauche", "rectus_femoris", Side.LEFT, None),
        ("xxxxx BF L", "biceps_femoris", Side.LEFT, None),
    ],
)
def test_a_name_is_found_among_words_that_say_nothing(label: str, muscle: str, side: Side, region: Region | None) -> None:
    name = resolve(label)
    assert (name.muscle, name.side, name.region) == (muscle, side, region)


def test_two_muscles_in_one_label_are_asked() -> None:
    name = resolve("between gluteus maximus and gluteus medius, left")
    assert (name.muscle, name.candidates) == (None, ("gluteus_maximus", "gluteus_medius"))
