"""What the labels of one recording decide of each other, rule by rule, and what they leave open."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipspine.anatomy.names import muscles, resolve, resolve_all
from hipspine.formats.channels import kind_of, names_of
from hipspine.formats.content import Column
from hipspine.terms import ChannelStatus, Region, Side, StreamKind

LEFT, RIGHT = Side.LEFT, Side.RIGHT


def read(*labels: str) -> dict[str, str | None]:
    return dict(zip(labels, (name.muscle for name in resolve_all(labels)), strict=True))


@pytest.mark.parametrize(
    ("labels", "muscle"),
    [
        (["GM", "GMAX", "GMED", "BF", "TA"], "gastrocnemius_medialis"),  # both glutei have their own labels
        (["GM", "GL", "SOL", "TA"], "gastrocnemius_medialis"),
        (["GM", "TA", "SO", "BF", "RF"], "gastrocnemius_medialis"),
        (["GM", "GMED", "BF", "ES"], "gluteus_maximus"),
        (["GM", "GMAX", "BF", "ES"], "gluteus_medius"),
        (["GM", "GMAX", "GL"], None),  # gluteus medius, or the other head of GL
        (["GM", "RF", "VL", "BF"], None),
        (["GM", "BF", "ES"], None),
        (["GM", "GMAX_L", "ES", "BF"], None),  # named on one side only: the labels do not follow one scheme
        (["GM", "TA", "MG", "SO"], None),  # the medial head is MG here
    ],
)
def test_gm_is_decided_only_where_one_reading_is_left(labels: list[str], muscle: str | None) -> None:
    name = resolve_all(labels)[0]
    assert name.muscle == muscle
    assert name.status is (ChannelStatus.AMBIGUOUS if muscle is None else ChannelStatus.OK)
    assert muscle is None or name.confidence < 0.9


@pytest.mark.parametrize(
    ("labels", "muscle"),
    [
        (["MF"], "multifidus"),
        (["MF", "ES", "GMAX", "BF"], "multifidus"),
        (["MF", "GMAX", "BF"], "multifidus"),
        (["MF", "GRF", "ISC", "ERS", "LD"], "multifidus"),  # three-letter French: the medius would be MOF
        (["MF", "GF", "DF", "VM", "ST", "TA"], "gluteus_medius"),
        (["MF", "GF", "ES", "BF"], None),  # moyen fessier or multifides
        (["MF", "Grand fessier", "Droit antérieur", "Soléaire"], None),
        (["MF", "RF", "VL", "BF", "TA"], None),  # a leg down to the calf, and no other muscle of the trunk
        (["MF", "GMED", "Grand fessier", "TA"], "multifidus"),
    ],
)
def test_mf_is_multifidus_unless_the_set_speaks_for_moyen_fessier(labels: list[str], muscle: str | None) -> None:
    assert resolve_all(labels)[0].muscle == muscle


def test_a_grf_is_grand_fessier_beside_french_labels_and_asked_beside_others() -> None:
    left, right, *_ = resolve_all(["L GRF", "R GRF", "L ISC", "R ISC", "L ERS"])
    assert (left.muscle, left.side, right.side) == ("gluteus_maximus", LEFT, RIGHT)
    assert left.confidence < 0.9
    assert read("L GRF", "L GMAX", "L BF")["L GRF"] is None
    assert resolve("L GRF").status is ChannelStatus.AMBIGUOUS


def test_a_column_in_newtons_is_no_muscle_and_no_evidence() -> None:
    names = names_of([Column("L GRF", "N"), Column("L ISC", "mV"), Column("L BF", "mV")])
    assert names[0].muscle is None
    assert kind_of("L GRF", "N", names[0]) is StreamKind.FORCE
    assert [kind_of("L GRF", unit, resolve("L GRF")) for unit in ("", "mV")] == [StreamKind.FORCE, StreamKind.EMG]


@pytest.mark.parametrize(
    ("labels", "sides"),
    [
        (["LES", "RES", "BF"], [LEFT, RIGHT, None]),
        (["LES", "TES", "UES", "GMAX"], [None, None, None, None]),  # lumbar, thoracic, upper
        (["LES", "GMAX", "BF"], [None, None, None]),  # no other label has a side
        (["LES", "RGMAX", "LGMAX"], [LEFT, RIGHT, LEFT]),
        (["RLES", "LLES", "RUES", "LUES"], [RIGHT, LEFT, RIGHT, LEFT]),
        (["LES_R", "LES_L", "TES_R", "TES_L"], [RIGHT, LEFT, RIGHT, LEFT]),
    ],
)
def test_the_l_of_les_is_a_side_or_a_level(labels: list[str], sides: list[Side | None]) -> None:
    names = resolve_all(labels)
    assert [name.side for name in names] == sides
    assert names[0].muscle == "erector_spinae"


@pytest.mark.parametrize(
    ("labels", "readings"),
    [
        (["UGMAX", "LGMAX"], [(None, Region.UPPER), (None, Region.LOWER)]),
        (["GMaxU", "GMaxL"], [(None, Region.UPPER), (None, Region.LOWER)]),
        (["GMaxL", "GMaxR"], [(LEFT, None), (RIGHT, None)]),
        (["LGMAX", "RGMAX", "UGMAX"], [(LEFT, None), (RIGHT, None), (None, Region.UPPER)]),
        (["RUGMAX", "RLGMAX"], [(RIGHT, Region.UPPER), (RIGHT, Region.LOWER)]),
        (["UGM", "LGM"], [(None, Region.UPPER), (None, Region.LOWER)]),
        (["supGM", "infGM"], [(None, Region.UPPER), (None, Region.LOWER)]),
        (["GMAX cranial", "GMAX caudal"], [(None, Region.UPPER), (None, Region.LOWER)]),
    ],
)
def test_upper_and_lower_gluteus_maximus_are_told_from_left_and_right(
    labels: list[str], readings: list[tuple[Side | None, Region | None]]
) -> None:
    names = resolve_all(labels)
    assert [(name.side, name.region) for name in names] == readings
    assert {name.muscle for name in names} == {"gluteus_maximus"}


def test_lgas_is_left_alone_and_lateral_beside_mgas() -> None:
    assert (resolve("LGAS").muscle, resolve("LGAS").side) == ("gastrocnemius", LEFT)
    assert read("LGAS", "MGAS", "SOL")["LGAS"] == "gastrocnemius_lateralis"
    assert read("LGAS", "RGAS", "MGAS")["LGAS"] == "gastrocnemius"
    assert (resolve("LGAS-R").muscle, resolve("LGAS-R").side) == ("gastrocnemius_lateralis", RIGHT)


@pytest.mark.parametrize(
    "pair",
    [
        ("GMAX_I", "GMAX_D"),
        ("GMAX_E", "GMAX_D"),
        ("GMAX_G", "GMAX_D"),
        ("S_GMAX", "D_GMAX"),
        ("G_GMAX", "D_GMAX"),
        ("GMAXli", "GMAXre"),
        ("GMAXle", "GMAXri"),
        ("GMAXsx", "GMAXdx"),
        ("GMAXizq", "GMAXder"),
    ],
)
def test_letters_of_six_languages_are_sides_beside_their_partner(pair: tuple[str, str]) -> None:
    left, right = resolve_all(pair)
    assert (left.side, right.side) == (LEFT, RIGHT)
    assert left.muscle == right.muscle == "gluteus_maximus"


def test_a_letter_without_its_partner_is_no_side() -> None:
    assert resolve_all(["BFI", "TA"])[0].side is None
    assert resolve_all(["S_GMAX"])[0].side is None


@pytest.mark.parametrize(
    ("labels", "muscle"),
    [
        (["RA", "EO", "IO"], "rectus_abdominis"),
        (["RA", "VL", "BF", "TA"], None),  # recto anterior in Spanish
        (["RA", "RF", "VL", "BF"], "rectus_abdominis"),
        (["AD", "RF", "TA"], "adductors"),
        (["AD", "BB", "TRAP"], "deltoid"),
        (["PECT", "TFL", "GRAC"], "pectineus"),
        (["biceps", "triceps brachii", "trapezius"], "biceps_brachii"),
        (["biceps", "gastrocnemius", "RF"], "biceps_femoris"),
        (["LG", "MG", "TA"], "gastrocnemius_lateralis"),
        (["LG", "IC", "GC", "RA"], "longissimus"),
        (["ESL", "ESI", "MF"], "longissimus"),
        (["ESL", "MF", "GMAX"], "erector_spinae"),
        (["IL", "LT", "MF"], "iliocostalis"),
        (["IO/TrA", "EO", "RA"], None),
        (["HM", "HL", "RF"], "medial_hamstrings"),
        (["MG", "GG", "RF", "BF", "ES"], "gluteus_medius"),  # medio gluteo beside grande gluteo
    ],
)
def test_the_rest_of_the_body_decides_a_code_of_two_regions(labels: list[str], muscle: str | None) -> None:
    assert resolve_all(labels)[0].muscle == muscle


@pytest.mark.parametrize("word", ["Glut", "Gluteus", "Vasti", "Obliques", "Peroneals", "Tib", "Semi", "Fessier", "Glúteo"])
def test_a_word_for_a_group_is_asked_whatever_stands_beside_it(word: str) -> None:
    name = resolve_all([word, "GMAX", "GMED", "VL", "VM", "EO", "TA", "PL", "ST"])[0]
    assert (name.muscle, name.status) == (None, ChannelStatus.AMBIGUOUS)


@pytest.mark.parametrize(
    ("label", "status"),
    [
        ("n.c.", ChannelStatus.EMPTY),
        ("N/A", ChannelStatus.EMPTY),
        ("Not used", ChannelStatus.EMPTY),
        ("nicht belegt", ChannelStatus.EMPTY),
        ("sin usar", ChannelStatus.EMPTY),
        ("libre", ChannelStatus.EMPTY),
        ("vuoto", ChannelStatus.EMPTY),
        ("Trigno 1: Acc 1.X", ChannelStatus.NOT_EMG),
        ("ACC.X 3", ChannelStatus.NOT_EMG),
        ("SkinTemp", ChannelStatus.NOT_EMG),
        ("Impedance", ChannelStatus.NOT_EMG),
        ("EKG", ChannelStatus.NOT_EMG),
        ("Fußschalter", ChannelStatus.NOT_EMG),
        ("Sensor 5.EMG5", ChannelStatus.UNNAMED),
        ("Med", ChannelStatus.UNNAMED),
        ("Ant", ChannelStatus.UNNAMED),
    ],
)
def test_a_channel_that_is_no_muscle_says_what_it_is(label: str, status: ChannelStatus) -> None:
    assert resolve(label).status is status
    assert resolve(label).reason


def test_joined_abbreviations_are_read_by_their_beginnings() -> None:
    assert (resolve("rectusfem").muscle, resolve("ADDBRE").muscle) == ("rectus_femoris", "adductor_brevis")
    assert resolve("rectusfem").confidence < 0.9


TRICKY = ["GM", "GMAX", "GMED", "MF", "LES", "RES", "TES", "GRF", "ISC", "RA", "LGM", "UGM", "supGM"]
TRICKIER = ["GL", "TA", "IL", "LT", "Spare", "biceps", "GF", "MF_L", "GM_R", "LGAS", "MGAS", "BFI", "BFD", ""]


@given(st.lists(st.sampled_from([*TRICKY, *TRICKIER]), max_size=12))
def test_any_set_gives_consistent_answers_in_any_order(labels: list[str]) -> None:
    names = resolve_all(labels)
    for name in names:
        assert (name.muscle is not None) == (name.status is ChannelStatus.OK)
        assert name.muscle is None or name.muscle in muscles()
        assert name.reason
    assert sorted(map(repr, names)) == sorted(map(repr, resolve_all(labels[::-1])))


@given(st.lists(st.text(max_size=60), max_size=8))
def test_any_text_beside_any_other_is_read_without_an_error(labels: list[str]) -> None:
    assert len(resolve_all(labels)) == len(labels)


def test_a_thousand_unknown_labels_and_a_label_of_a_megabyte_cost_little() -> None:
    start = time.process_time()
    resolve_all([f"x{i}qz unknown{i}" for i in range(1000)] + ["glut max " * 120_000])
    assert time.process_time() - start < 3.0  # measured 0.3 s
