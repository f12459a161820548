"""HDF5 and MATLAB 7.3: every storage that h5py writes, layouts of real programs, hostile files, privacy; h5py and pyfive as judges."""

import io
import time
import warnings
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyfive
import pytest
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.formats.hdf5 import reader as hdf5
from hipspine.formats.hdf5 import tree as hdf5_tree
from hipspine.formats.hdf5 import writer as hdf5_write
from hipspine.formats.matlab73 import reader as matlab_hdf5
from hipspine.formats.matlab73 import writer as matlab_hdf5_write
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.formats.tree.nodes import Branch, Numbers
from hipspine.formats.writer import Writer
from hipspine.signals.recording import Channel, Event, Recording, Stream
from hipspine.terms import Side, StreamKind

DICE = np.random.default_rng(5)
EMG = DICE.normal(size=(2000, 2)) * 1e-4
TABLE = DICE.normal(size=(297, 5))
STORAGES: dict[str, dict[str, Any]] = {
    "contiguous": {},
    "packed": {"chunks": (100, 2), "compression": "gzip", "shuffle": True, "fletcher32": True},
    "lzf": {"chunks": (100, 5), "compression": "lzf"},
    "one chunk": {"chunks": (297, 5), "compression": "gzip"},
    "growing": {"chunks": (3, 5), "maxshape": (None, 5)},
    "growing packed": {"chunks": (1, 5), "maxshape": (None, 5), "compression": "gzip"},
    "growing sideways": {"chunks": (7, 2), "maxshape": (297, None)},
    "growing both ways": {"chunks": (3, 2), "maxshape": (None, None), "compression": "gzip"},
    "many chunks": {"chunks": (1, 1)},
    "room left": {"chunks": (10, 2), "maxshape": (2000, 9)},
}


def made(fill: Callable[[Any], None], **options: Any) -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w", **options) as handle:
        fill(handle)
    return file.getvalue()


def opened(data: bytes, reader: Reader = hdf5.READER) -> Recording:
    return reader.recording(Source(Path("walk.h5"), data))


def refusal(data: bytes) -> str:
    with pytest.raises(FormatError) as caught:
        opened(data)
    assert str(caught.value).startswith("walk.h5: ")
    return str(caught.value)


def child(branch: Branch, name: str) -> Numbers:
    node = branch.children[name]
    assert isinstance(node, Numbers)
    return node


# ------------------------------------------------------------------------------------------------------------------ storage


@pytest.mark.parametrize("version", ["earliest", "v108", "v110", "latest"])
@pytest.mark.parametrize("userblock", [0, 512])
def test_every_storage_of_every_library_version_gives_the_numbers_that_h5py_gives(version: str, userblock: int) -> None:
    def fill(handle: Any) -> None:
        for name, options in STORAGES.items():
            handle.create_dataset(name, data=TABLE, **options)
        handle.create_dataset("turned", data=TABLE.T, chunks=(2, 3), maxshape=(5, None))

    library: Any = version if version in ("earliest", "latest") else (version, version)
    data = made(fill, libver=library, userblock_size=userblock)
    tree = hdf5_tree.tree(Source(Path("x"), data))
    for name in STORAGES:
        values = child(tree, name).channels(0)
        np.testing.assert_array_equal(values[:], TABLE.T, err_msg=name)
        np.testing.assert_array_equal(values[[4, 1], 95:206], TABLE[95:206, [4, 1]].T, err_msg=name)
    np.testing.assert_array_equal(child(tree, "turned").channels(1)[1:3, 10:20], TABLE[10:20, 1:3].T)


@pytest.mark.parametrize("version", ["earliest", "latest"])
def test_types_groups_and_attributes_are_those_that_h5py_and_pyfive_see(version: str) -> None:
    def fill(handle: Any) -> None:
        for kind in ("<i2", ">f4", "<f2", ">u4", "i1", "<i8"):
            handle[f"types/{kind[1:]}"] = (TABLE * 50).astype(kind)
        handle["types/bool"] = TABLE > 0
        handle["types/scalar"] = 5.0
        handle["words/any"] = ["GMAX_L", "Größe"]
        handle["words/fixed"] = np.array([b"ab", b"cde"])
        for i in range(300):
            handle[f"many/d{i}"] = float(i)
        for i in range(60):
            handle["many"].attrs[f"note {i}"] = "z" * i
        handle["records"] = np.array([(1.5, (1, 2, 3)), (2.5, (4, 5, 6))], dtype=[("a", "f4"), ("b", "i2", (3,))])

    data = made(fill, libver=version)
    tree = hdf5_tree.tree(Source(Path("x"), data))
    types, words, many, records = (tree.children[name] for name in ("types", "words", "many", "records"))
    assert isinstance(types, Branch)
    assert isinstance(words, Branch)
    assert isinstance(many, Branch)
    assert isinstance(records, Branch)
    with h5py.File(io.BytesIO(data)) as handle:
        for name, values in handle["types"].items():
            node = child(types, name)
            np.testing.assert_array_equal(node.whole(), np.asarray(values[()], dtype=float).ravel(order="F"))
        assert set(handle["many"]) == set(many.children)
        for key, text in handle["many"].attrs.items():
            assert getattr(many.attributes[key], "lines", None) == (text,)
    assert {name: getattr(node, "lines", ()) for name, node in words.children.items()} == {
        "any": ("GMAX_L", "Größe"),
        "fixed": ("ab", "cde"),
    }
    np.testing.assert_array_equal(child(records, "b").channels(0)[:], [[1, 4], [2, 5], [3, 6]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pyfive.File(io.BytesIO(data)) as other:
            assert {name: float(other["many"][name][()]) for name in other["many"]} == {
                name: float(node.whole()[0]) for name, node in many.children.items() if isinstance(node, Numbers)
            }


def test_a_stretch_of_a_large_file_reads_only_its_chunks(tmp_path: Path) -> None:
    path = tmp_path / "long.h5"
    with h5py.File(path, "w") as handle:
        handle.attrs["fs"] = 2000.0
        handle.create_dataset("emg", data=np.zeros((200_000, 4)) + np.arange(4), chunks=(1000, 4))
    read: list[int] = []

    class Counting(Source):
        def read(self, start: int, count: int) -> bytes:
            read.append(count)
            return super().read(start, count)

    node = hdf5_tree.tree(Counting(path)).children["emg"]
    assert isinstance(node, Numbers)
    read.clear()
    np.testing.assert_array_equal(node.channels(0)[2, 5000:6000], np.full(1000, 2.0))
    assert sum(read) == 32_000


# ------------------------------------------------------------------------------------------------------- layouts of programs


def test_chunks_as_long_as_the_recording_are_unpacked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(handle: Any) -> None:
        handle.attrs["fs"] = 2000.0
        handle.create_dataset("emg", data=np.tile(EMG, (400, 4)), chunks=(800_000, 1), compression="gzip", compression_opts=1)

    unpacked, machine = [], zlib.decompressobj

    def counted() -> Any:
        unpacked.append(1)
        return machine()

    monkeypatch.setattr(zlib, "decompressobj", counted)
    (stream,) = opened(made(fill)).streams
    assert stream.values.shape == (8, 800_000)
    assert len(unpacked) == 8


def test_opensignals_with_its_device_and_without_its_statistics() -> None:
    counts = (EMG * 1e8).astype("i4") + 30_000

    def fill(handle: Any) -> None:
        device = handle.create_group("00:07:80:3B:46:61")
        device.attrs.update({"sampling rate": 1000, "date": "2020-1-1", "macaddress": "00:07:80:3B:46:61", "resolution": [16, 16]})
        device.attrs["sensor"] = ["EMG", "EMG"]
        for i in (1, 2):
            device.create_dataset(f"raw/channel_{i}", data=counts[:, i - 1 : i], chunks=True, compression="gzip")
        device["raw/nSeq"] = np.arange(2000)[:, None]
        device["support/level_10/channel_1/mean"] = np.arange(200.0)

    recording = opened(made(fill))
    (stream,) = recording.streams
    assert ([c.label for c in stream.channels], stream.kind, stream.rate_hz) == (["EMG channel_1", "EMG channel_2"], StreamKind.EMG, 1000.0)
    np.testing.assert_array_equal(np.asarray(stream.values), counts.T)
    assert any("16-bit" in warning for warning in recording.warnings)
    assert not any("00:07:80" in text for text in [*recording.warnings, *recording.about.values()])


def test_datasets_with_their_own_rate_unit_and_label() -> None:
    def fill(handle: Any) -> None:
        for name, rate, unit, samples in (("GMAX_L", 2000.0, "mV", 2000), ("hip_flexion_r", 100.0, "deg", 100)):
            handle.create_dataset(f"walk/{name}", data=np.sin(np.arange(samples) / 7.0))
            handle[f"walk/{name}"].attrs.update({"fs": rate, "unit": unit})

    recording = opened(made(fill))
    assert [(s.kind, s.rate_hz, s.channels[0].label, s.channels[0].unit) for s in recording.streams] == [
        (StreamKind.EMG, 2000.0, "GMAX_L", "V"),
        (StreamKind.ANGLE, 100.0, "hip_flexion_r", "rad"),
    ]


@pytest.mark.parametrize(
    "said", [{"fs": 1000.0, "start_time": 2.5}, {"dt": 0.001, "start_time": 2.5}, {"sampling_rate": "1 kHz", "t0": 2.5}]
)
def test_what_a_dataset_says_of_its_clock_counts_as_what_its_group_says(said: dict[str, Any]) -> None:
    def fill(handle: Any) -> None:
        handle["emg"] = EMG
        handle["emg"].attrs.update(said)

    (stream,) = opened(made(fill)).streams
    assert stream.rate_hz == pytest.approx(1000.0)
    assert stream.start_s == 2.5


def test_neurodata_without_borders_with_start_rate_and_conversion() -> None:
    def fill(handle: Any) -> None:
        handle.create_dataset("acquisition/emg/data", data=(EMG * 1e7).astype("i2"))
        handle["acquisition/emg/data"].attrs.update({"unit": "volts", "conversion": 1e-7})
        handle["acquisition/emg/starting_time"] = 2.5
        handle["acquisition/emg/starting_time"].attrs.update({"rate": 1000.0, "unit": "seconds"})
        handle["general/subject/subject_id"] = "XQZ-77"

    recording = opened(made(fill))
    (stream,) = recording.streams
    assert (stream.rate_hz, stream.start_s, stream.channels[0].unit) == (1000.0, 2.5, "V")
    np.testing.assert_allclose(np.asarray(stream.values), EMG.T, atol=1e-7)
    assert "XQZ-77" in recording.person.values()


def test_records_with_a_time_member() -> None:
    rows = np.zeros(500, dtype=[("time", "f8"), ("GMAX_L", "f4"), ("ES_R", "f4")])
    rows["time"], rows["GMAX_L"] = np.arange(500) / 1000, np.arange(500)
    several: list[dict[str, Any]] = [{}, {"chunks": (64,), "compression": "gzip"}]
    for options in several:
        data = made(partial(h5py.Group.create_dataset, name="walk", data=rows, **options))
        (stream,) = opened(data).streams
        assert ([c.label for c in stream.channels], stream.rate_hz) == (["GMAX_L", "ES_R"], 1000.0)
        np.testing.assert_array_equal(stream.values[0], np.arange(500))


# ------------------------------------------------------------------------------------------------------------- hostile files


def test_a_file_that_is_cut_off_says_how_many_bytes_are_missing() -> None:
    data = made(lambda handle: handle.create_dataset("emg", data=EMG))
    assert f"{len(data)} bytes, {len(data) - 900} are there" in refusal(data[:-900])


def test_a_shape_that_its_chunks_do_not_hold_is_refused() -> None:
    def fill(handle: Any) -> None:
        handle.attrs["fs"] = 1000.0
        data = handle.create_dataset("emg", (10**12, 2), "f8", chunks=(1000, 2))
        data[:1000] = 1.0

    assert "broken off" in refusal(made(fill))


@pytest.mark.parametrize("options", [{}, {"chunks": (1000, 2)}, {"chunks": (1000, 2), "maxshape": (None, 2)}])
def test_a_shape_without_any_bytes_behind_it_is_refused_at_once(options: dict[str, Any]) -> None:
    def fill(handle: Any) -> None:
        handle.attrs["fs"] = 1000.0
        handle.create_dataset("emg", (10**12, 2), "f8", **options)

    assert "0 were written" in refusal(made(fill))


@pytest.mark.parametrize("links", [1, 40])
def test_numbers_that_would_take_minutes_to_look_through_are_refused_at_once(links: int) -> None:
    def fill(handle: Any) -> None:
        handle.attrs["fs"] = 1000.0
        data = handle.create_dataset("emg", (64_000_000 // links,), "f8", chunks=(1_600_000,), compression="gzip")
        packed = zlib.compress(bytes(8 * 1_600_000), 9)
        for start in range(0, data.shape[0], 1_600_000):
            data.id.write_direct_chunk((start,), packed)
        for number in range(1, links):
            handle[f"emg{number}"] = data

    assert "so regular" in refusal(made(fill))


def test_a_chunk_that_unpacks_to_far_more_than_it_says_is_refused() -> None:
    def fill(handle: Any) -> None:
        handle.attrs["fs"] = 1000.0
        handle.create_dataset("emg", data=np.zeros((4000, 2)), chunks=(4000, 2), compression="gzip")

    data = made(fill)
    small = zlib.compress(b"\0" * 64_000, 4)
    assert data.count(small) == 1
    big = zlib.compress(b"\0" * 90_000, 4).ljust(len(small), b"\0")
    assert "unpacks to more" in refusal(data.replace(small, big[: max(len(small), len(big))]))


def test_groups_that_hold_themselves_do_not_hang() -> None:
    def fill(handle: Any) -> None:
        group = handle.create_group("a/b")
        group["again"] = handle["a"]
        handle["emg"], handle.attrs["fs"] = EMG, 1000.0

    assert opened(made(fill)).streams[0].rate_hz == 1000.0


def test_a_compression_that_is_not_read_is_named() -> None:
    data = bytearray(made(lambda handle: handle.create_dataset("emg", data=EMG, chunks=(500, 2), scaleoffset=4)))
    assert "scale-offset" in refusal(bytes(data))


# ------------------------------------------------------------------------------------------------------------------ writing


def recording_of() -> Recording:
    emg = (Channel("GMAX_L", "gluteus_maximus", Side.LEFT, unit="V"), Channel("Größe", unit="V"))
    values = np.random.default_rng(3).normal(size=(2, 3000))
    values[1, 5] = np.nan
    stream = Stream(StreamKind.EMG, 1000.0, 0.25, emg, values)
    return Recording("x", "x", (stream,), (Event("foot strike", 0.3, Side.LEFT),), about={"cue": "go"})


def written(writer: Writer) -> bytes:
    file = io.BytesIO()
    writer.write(recording_of(), file, "x")
    return file.getvalue()


def test_h5py_finds_plain_names_in_what_is_written() -> None:
    with h5py.File(io.BytesIO(written(hdf5_write.WRITER))) as handle:
        np.testing.assert_array_equal(handle["emg/data"][()], np.asarray(recording_of().streams[0].values).T)
        assert handle["emg/fs"][()] == 1000.0
        assert [label.decode() for label in handle["emg/labels"][()]] == ["GMAX_L", "Größe"]


def test_the_same_recording_gives_the_same_bytes_at_another_time() -> None:
    for writer in (hdf5_write.WRITER, matlab_hdf5_write.WRITER):
        first = written(writer)
        time.sleep(1.1)  # HDF5 keeps dates in whole seconds
        assert written(writer) == first


def test_matlab_7_3_has_its_user_block_its_classes_and_its_axes_in_reverse() -> None:
    data = written(matlab_hdf5_write.WRITER)
    assert data.startswith(b"MATLAB 7.3 MAT-file")
    assert data[124:128] == b"\x00\x02IM"
    with h5py.File(io.BytesIO(data)) as handle:
        assert handle["emg"].attrs["MATLAB_class"] == b"struct"
        assert handle["emg/data"].shape == (2, 3000)
        assert "".join(map(chr, np.ravel(handle[handle["emg/labels"][0, 1]][()]))) == "Größe"


# --------------------------------------------------------------------------------------------------------------- MATLAB 7.3


def mark(place: Any, kind: str) -> Any:
    place.attrs["MATLAB_class"] = np.bytes_(kind)
    return place


def letters(place: Any, name: str, text: str) -> Any:
    return mark(place.create_dataset(name, data=np.frombuffer(text.encode("utf-16-le"), "<u2")[:, None]), "char")


def cell_of(handle: Any, name: str, members: list[Any]) -> None:
    refs = np.empty((1, len(members)), dtype=h5py.ref_dtype)
    refs[0] = [member.ref for member in members]
    mark(handle.create_dataset(name, data=refs), "cell")


def eeglab(handle: Any, person: str = "Jane Doe") -> None:
    eeg = mark(handle.create_group("EEG"), "struct")
    mark(eeg.create_dataset("data", data=EMG), "double")  # MATLAB: 2 x 2000
    mark(eeg.create_dataset("srate", data=[[500.0]]), "double")
    letters(eeg, "subject", person)
    places = mark(eeg.create_group("chanlocs"), "struct")
    del places.attrs["MATLAB_class"]  # an array of structs: a group of references
    cellar = handle.create_group("#refs#")
    found = [letters(cellar, f"l{i}", label) for i, label in enumerate(("GMAX_L", "ES_R"))]
    refs = np.empty((2, 1), dtype=h5py.ref_dtype)
    refs[:, 0] = [each.ref for each in found]
    places.create_dataset("labels", data=refs)
    empty = mark(eeg.create_dataset("icaweights", data=np.zeros(2, "<u8")), "double")
    empty.attrs["MATLAB_empty"] = np.uint8(1)
    cell_of(handle, "notes", [letters(cellar, "n1", "Dr. Quill was here"), mark(cellar.create_dataset("n2", data=[[1.0]]), "double")])


def matlab_file(fill: Callable[[Any], None]) -> bytes:
    text = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Feb  3 10:00:00 2020 HDF5 schema 1.00 ."
    return text.ljust(124) + b"\x00\x02IM" + made(fill, userblock_size=512)[128:]


def test_a_matlab_7_3_struct_with_references_is_read_like_its_older_kind() -> None:
    recording = opened(matlab_file(eeglab), matlab_hdf5.READER)
    (stream,) = recording.streams
    assert ([c.label for c in stream.channels], stream.rate_hz) == (["GMAX_L", "ES_R"], 500.0)
    np.testing.assert_array_equal(np.asarray(stream.values), EMG.T)
    assert recording.person["EEG.subject"] == "Jane Doe"
    assert "2020" in recording.person["header"]


def test_a_table_of_matlab_7_3_is_named_with_the_way_out() -> None:
    def fill(handle: Any) -> None:
        place = handle.create_dataset("T", data=np.zeros((1, 6), "u4"))
        place.attrs.update({"MATLAB_class": np.bytes_("table"), "MATLAB_object_decode": np.int32(3)})

    with pytest.raises(FormatError, match=r"T\.Variables"):
        opened(matlab_file(fill), matlab_hdf5.READER)


# ------------------------------------------------------------------------------------------------------------------ privacy


def _bare(data: bytes) -> bytes:
    """The file with everything that h5py can read in it beside its bytes."""
    parts: list[bytes] = [data]

    def look(name: str, node: Any) -> None:
        parts.append(name.encode())
        parts.extend(f"{key}{value}".encode() for key, value in node.attrs.items())
        if isinstance(node, h5py.Dataset) and h5py.check_ref_dtype(node.dtype) is None:
            values: NDArray[Any] = np.asarray(node[()])
            parts.append(values.tobytes() if values.dtype != object else str(values.tolist()).encode())

    with h5py.File(io.BytesIO(data)) as handle:
        handle.visititems(look)
        parts.extend(f"{key}{value}".encode() for key, value in handle.attrs.items())
    return b"\n".join(parts)


def _assert_gone(data: bytes, secrets: tuple[str, ...], removed: tuple[str, ...]) -> None:
    for secret in secrets:
        for encoding in ("utf-8", "latin-1", "utf-16-le"):
            assert secret.encode(encoding) not in _bare(data)
        assert not any(secret in sentence for sentence in removed)


def test_an_anonymised_hdf5_file_keeps_its_samples_and_no_secret() -> None:
    def fill(handle: Any) -> None:
        device = handle.create_group("00:07:80:3B:46:61")
        device.attrs.update({"sampling rate": 1000, "date": "1970-02-03", "comments": "Jane Doe", "macaddress": "00:07:80:3B:46:61"})
        device.create_dataset("raw/channel_1", data=(EMG[:, :1] * 1e8).astype("i4"), chunks=(100, 1), compression="gzip")
        device.create_dataset("operators", data=np.array([b"Dr. Quill"] * 50), chunks=(10,), compression="gzip")
        handle.create_dataset("age", data=33.0)
        handle["operator"], handle["any words"] = "Dr. Quill", ["Jane", "Doe"]
        handle["kept"], handle["kept"].attrs["unit"] = np.arange(3.0), "mV"
        handle["old"] = "Jane Doe"
        del handle["old"]  # its bytes stay in the file

    before, out = made(fill), io.BytesIO()
    assert b"Jane Doe" in before
    removed = hdf5.anonymise(Source(Path("x.h5"), before), out)
    _assert_gone(out.getvalue(), ("Jane", "Doe", "1970-02-03", "3B:46", "Quill"), removed)
    first, second = opened(before), opened(out.getvalue())
    np.testing.assert_array_equal(np.asarray(first.streams[0].values), np.asarray(second.streams[0].values))
    assert [c.label for c in second.streams[0].channels] == [c.label for c in first.streams[0].channels]
    assert dict(second.person) == {}
    with h5py.File(io.BytesIO(out.getvalue())) as handle:
        assert handle["kept"].attrs["unit"] == "mV"


def test_an_anonymised_matlab_7_3_file_keeps_its_cells_and_no_secret() -> None:
    out = io.BytesIO()
    removed = matlab_hdf5.anonymise(Source(Path("x.mat"), matlab_file(eeglab)), out)
    _assert_gone(out.getvalue(), ("Jane", "Doe", "Quill", "2020"), removed)
    recording = opened(out.getvalue(), matlab_hdf5.READER)
    assert [c.label for c in recording.streams[0].channels] == ["GMAX_L", "ES_R"]
    np.testing.assert_array_equal(np.asarray(recording.streams[0].values), EMG.T)
    assert dict(recording.person) == {}


def test_numbered_trials_are_recordings_of_their_own_and_numbered_sensors_are_not() -> None:
    def fill(handle: Any, stem: str) -> None:
        for i in (1, 2):
            handle[f"{stem}{i}/acc"] = EMG[:, 0]
            handle[f"{stem}{i}"].attrs["fs"] = 1000.0

    assert "2 recordings" in refusal(made(lambda handle: fill(handle, "trial")))
    sensors = opened(made(lambda handle: fill(handle, "sensor")))
    assert [c.label for s in sensors.streams for c in s.channels] == ["sensor1 acc", "sensor2 acc"]
