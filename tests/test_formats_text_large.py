"""Large text files stay in their file: the same numbers on both roads, little memory, an error that still names its line."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipspine.errors import FormatError
from hipspine.formats.lazy import Lazy
from hipspine.formats.source import Source
from hipspine.formats.text import lines as text_lines
from hipspine.formats.text import reader as text
from hipspine.formats.text import scan as text_scan
from hipspine.formats.text.cells import Style
from hipspine.formats.text.layout import layout_of
from hipspine.formats.text.numbers import Blocks
from hipspine.formats.text.reader import READER
from hipspine.signals.recording import Recording

NOISE = np.random.default_rng(13).normal(size=(600, 3)) * 50


def read(data: str | bytes, name: str = "walk.csv") -> Recording:
    return READER.recording(Source(Path(name), data if isinstance(data, bytes) else data.encode()))


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every file is a large one: nothing is kept, and a block holds a handful of lines."""
    with monkeypatch.context() as patch:
        patch.setattr(text_scan, "KEPT_NUMBERS", 0)
        patch.setattr(text_lines, "BLOCK", 256)
        yield


def plain(rows: int = 600) -> str:
    return "time_s,gmax_l_uv,es_r_uv\n" + "\n".join(f"{i / 1000},{NOISE[i, 0]:.4f},{NOISE[i, 1]:.4f}" for i in range(rows)) + "\n"


def with_gap() -> str:
    lines = plain().splitlines()
    return "\n".join([*lines[:101], *lines[151:400], *lines[420:]])


def with_slow_column() -> str:
    return "time_s,gmax_l_uv,hip_flexion_deg\n" + "\n".join(
        f"{i / 1000},{NOISE[i, 0]:.3f},{f'{NOISE[i, 1]:.3f}' if i % 10 == 2 else ''}" for i in range(600)
    )


def with_words() -> str:
    return "time_s,gmax_l_uv,event,sync event\n" + "\n".join(
        f"{i / 1000},{NOISE[i, 0]:.3f},{'foot strike left' if i in (100, 101, 300) else ''},{int(200 <= i < 220)}" for i in range(600)
    )


def with_two_clocks() -> str:
    return '"X[s]","GMAX L [V]","X[s]","ACC.X [g]"\n' + "\n".join(
        f"{i / 2000:.6f},{NOISE[i, 0] * 1e-6:.9f}," + (f"{i / 148.148:.6f},{NOISE[i, 1]:.4f}" if i < 44 else ",") for i in range(600)
    )


def with_remarks() -> str:
    lines = plain().splitlines()
    lines[300:300] = ["# a pause", "# and on"]
    return "\n".join([*lines, "# end"])


def with_stamps() -> str:
    return "timestamp,gmax_l_uv\n" + "\n".join(f"2024-05-01T10:00:{i / 1000:06.3f},{NOISE[i, 0]:.3f}" for i in range(600))


KINDS = {
    "plain": plain().encode(),
    "decimal comma": plain().replace(",", ";").replace(".", ",").encode(),
    "carriage returns": plain().replace("\n", "\r").encode(),
    "UTF-16": plain().encode("utf-16"),
    "UTF-16, big end": ("\ufeff" + plain()).encode("utf-16-be"),
    "gaps": with_gap().encode(),
    "a slow column": with_slow_column().encode(),
    "words": with_words().encode(),
    "two clocks": with_two_clocks().encode(),
    "remarks": with_remarks().encode(),
    "stamps": with_stamps().encode(),
    "quotes": plain().replace("5", '"5"', 0).replace(",", '","').replace("\n", '"\n"').encode()[:-1].replace(b"time_s", b'"time_s', 1),
    "no clock": ("# rate_hz: 1000\ngmax_l_uv\n" + "\n".join(f"{x:.3f}" for x in NOISE[:, 0])).encode(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_both_roads_give_the_same_recording(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = read(KINDS[kind])
    assert all(isinstance(group.values, np.ndarray) for group in text.read(Source(Path("walk.csv"), KINDS[kind])).groups)
    monkeypatch.setattr(text_scan, "KEPT_NUMBERS", 0)
    monkeypatch.setattr(text_lines, "BLOCK", 256)
    lazy = read(KINDS[kind])
    content = text.read(Source(Path("walk.csv"), KINDS[kind]))
    assert all(isinstance(group.values, Lazy) for group in content.groups)
    assert (lazy.events, lazy.warnings, lazy.about) == (kept.events, kept.warnings, kept.about)
    for one, other in zip(lazy.streams, kept.streams, strict=True):
        assert (one.kind, one.rate_hz, one.start_s, one.channels) == (other.kind, other.rate_hz, other.start_s, other.channels)
        np.testing.assert_array_equal(np.asarray(one.values), other.values)
    for group in content.groups:
        whole, length = np.asarray(group.values), group.values.shape[1]
        for start, stop in ((0, 1), (length // 3, length // 2), (length - 2, length), (5, 5)):
            np.testing.assert_array_equal(group.values[-1, start:stop], whole[-1, start:stop])


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize(
    ("line", "found", "words"),
    [(417, "0.415,x,1", r"line 417, column 2: 'x' is not a number"), (417, "0.415,1", r"line 417 has 2 cells, the lines above have 3")],
)
def test_an_error_far_down_names_its_line(line: int, found: str, words: str) -> None:
    lines = plain().splitlines()
    lines[line - 1] = found
    with pytest.raises(FormatError, match=words):
        read("\n".join(lines))


@pytest.mark.usefixtures("small_blocks")
def test_a_zero_byte_far_down_is_said_with_its_place() -> None:
    data = bytearray(plain().encode())
    data[9000] = 0
    with pytest.raises(FormatError, match=r"byte 9000 is zero"):
        read(bytes(data))


def test_a_line_without_an_end_is_refused_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_lines, "LONGEST", 1 << 20)
    with pytest.raises(FormatError, match="no line end"):
        read(plain() + "0.6," + "9" * (3 << 20))


def test_a_file_that_changed_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_scan, "KEPT_NUMBERS", 0)
    path = tmp_path / "walk.csv"
    path.write_text(plain())
    content = text.read(Source(path))
    path.write_text(plain(500))
    with pytest.raises(FormatError, match="changed since it was opened"):
        content.groups[0].values[0]


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False, width=64), min_size=1, max_size=40), st.sampled_from([",", ";", "\t", " "])
)
@settings(max_examples=60, deadline=None)
def test_every_number_is_read_to_its_last_bit(numbers: list[float], separator: str) -> None:
    block = "".join(f"{number!r}{separator}1\n" for number in numbers).encode()
    source = Source(Path("x"), f"a{separator}b\n0{separator}1\n0{separator}1\n".encode())
    blocks = Blocks(layout_of(source), "x")
    assert blocks.layout.style == Style(separator)
    assert blocks.numbers(block, 1, last=True).values[:, 0].tolist() == numbers


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read in the units of Linux")
@pytest.mark.parametrize("row", [b"0,1,0,1\n", b"-12.3456,7.1234,0.0001,55.5555\n"])
def test_memory_stays_below_four_times_the_file(tmp_path: Path, row: bytes) -> None:
    path = tmp_path / "long.csv"
    size = 12 << 20
    path.write_bytes(b"# rate_hz: 1000\ngmax_l_uv,gmax_r_uv,es_l_uv,es_r_uv\n" + row * (size // len(row)))
    program = (
        "import resource, sys; from pathlib import Path; import numpy as np\n"
        "from hipspine.formats.text.reader import READER; from hipspine.formats.source import Source\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10\n"
        "READER.recording(Source(Path('x.csv'), b'# rate_hz: 10\\na_uv\\n' + b'1\\n2\\n' * 9)); before = peak()\n"
        "recording = READER.recording(Source(Path(sys.argv[1]))); opened = peak()\n"
        "[np.asarray(stream.values) for stream in recording.streams]; print(opened - before, peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    opened, read_all = map(int, done.stdout.split())
    assert opened < 2 * size + (48 << 20)
    assert read_all < 4 * size + (48 << 20)
