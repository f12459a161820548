"""Every real file beside this checkout: what is read agrees with what its SOURCES.md says; what is no recording is refused."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from hipspine.terms import StreamKind
from hipspine.workflows.reading import open_recording

DATA = Path(__file__).parents[1].parent / "shared" / "data"
SCRIPT = Path(__file__).parents[1] / "benchmarks" / "real_files.py"
NOT_RECORDINGS = {
    "anatomy/blemker2005_glmax_moment_arm_bands.csv",
    "anatomy/eng2015_itb_moment_arm_bands.csv",
    "anatomy/glmax_lines.csv",
    "anatomy/hip_davis2026.csv",
    "anatomy/hip_gait2392.csv",
    "anatomy/hip_rajagopal_lai_uhlrich_2023.csv",
    "anatomy/lumbopelvic_hip_cyclist_full.csv",
    "anatomy/nemeth_ohlsen1985_glmax_flexion.csv",  # arms over an angle
    "emg_gait_treadmill/ID0012_TW_01_cycles.csv",  # moments that belong to the recording beside it
    "emg_gait_treadmill/RAW_DATA.RData",  # the numbers of the CSV file beside it, as R keeps them
    "exercises/free_exercise_db.json",
    "moment_arms/Arnold2000.mat",  # arms over an angle: no clock
    "moment_arms/Dostal1986.mat",
    "squat_opencap/LaiUhlrich2022.osim",  # models, not recordings
    "walk_rajagopal/subject_walk_scaled.osim",
}

pytestmark = pytest.mark.skipif(not DATA.is_dir() or not SCRIPT.is_file(), reason="the real recordings are not beside this checkout")


@pytest.fixture(scope="module")
def real_files() -> ModuleType:
    spec = importlib.util.spec_from_file_location("real_files", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclass asks for the module by name
    spec.loader.exec_module(module)
    return module


def test_every_listed_file_opens_or_is_no_recording_and_the_stated_numbers_agree(real_files: ModuleType) -> None:
    rows = real_files.rows_of(DATA)
    assert len(rows) == 43
    assert {row.path for row in rows if not row.opened} == NOT_RECORDINGS
    assert [row.path for row in rows if row.opened and row.agrees is not True] == []
    assert sum(bool(row.said) for row in rows) >= 13
    assert all("\n" not in row.read and len(row.read) < 400 for row in rows if not row.opened)


def test_an_edf_of_two_rates_is_as_its_sources_say() -> None:
    recording = open_recording(DATA / "edf_xdf" / "short_psg.edf")
    assert sum(len(stream.channels) for stream in recording.streams) == 7
    assert {stream.rate_hz for stream in recording.streams} == {1.0, 100.0}
    assert recording.duration_s == pytest.approx(300.0)


def test_an_edf_plus_with_annotations_is_as_its_sources_say() -> None:
    recording = open_recording(DATA / "edf_xdf" / "test_subsecond.edf")
    assert [(len(s.channels), s.rate_hz) for s in recording.streams] == [(1, 128.0)]
    assert recording.duration_s == pytest.approx(698.0)
    assert len(recording.events) == 4


def test_an_xdf_of_numbers_and_words_is_as_its_sources_say() -> None:
    recording = open_recording(DATA / "edf_xdf" / "minimal.xdf")
    assert [stream.values.shape[1] for stream in recording.streams] == [9]
    assert recording.streams[0].rate_hz == pytest.approx(10.0, rel=1e-3)
    assert len(recording.events) == 9


def test_counts_in_text_and_in_c3d_are_the_same_trial() -> None:
    text, binary = open_recording(DATA / "anc_trc" / "Res16bits.anc"), open_recording(DATA / "c3d" / "Res16bits.c3d")
    assert sum(len(stream.channels) for stream in text.streams) == 81
    assert {(stream.rate_hz, stream.values.shape[1]) for stream in text.streams} == {(1000.0, 1000)}
    analog = [stream for stream in binary.streams if stream.kind is not StreamKind.MARKER]
    assert {(stream.rate_hz, stream.values.shape[1]) for stream in analog} == {(1000.0, 1000)}


def test_markers_in_text_and_in_c3d_are_the_same_trial() -> None:
    text, binary = open_recording(DATA / "anc_trc" / "Res16bits.trc"), open_recording(DATA / "c3d" / "Res16bits.c3d")
    (markers,) = text.of_kind(StreamKind.MARKER)
    (same,) = binary.of_kind(StreamKind.MARKER)
    assert (markers.rate_hz, markers.values.shape[1]) == (same.rate_hz, same.values.shape[1]) == (100.0, 100)
    assert {channel.unit for channel in markers.channels} == {"m"}
