"""What the fuzz run feeds to readers: small files of every format, and the ways in which they are damaged.

Input number ``k`` of a format depends on nothing but the seed and ``k``, so any finding can be made again.
"""

import io
import struct
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from format_examples import BY_HAND

import hipspine.formats
from hipspine import plugins
from hipspine.errors import FormatError
from hipspine.formats.reader import Reader
from hipspine.formats.writer import Writer
from hipspine.signals.recording import Channel, Event, Recording, Stream
from hipspine.terms import Side, StreamKind

LARGEST_REAL = 200_000  # bytes of a real file that is damaged too
EXTREMES = (0, 1, -1, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**31 - 1, -(2**31), 2**32 - 1, 2**63 - 1, -(2**63))
TEXTS = (
    b"nan",
    b"inf",
    b"-1",
    b"1e308",
    b"0",
    b"",
    b"99999999999999999999",
    b"4294967295",
    b"-2147483648",
    b'"',
    b"\x00",
    b"\xff\xfe",
    b"\n\n",
)


def readers() -> dict[str, Reader]:
    """Every registered reader by name."""
    found: dict[str, Reader] = plugins.find(hipspine.formats, "READER", group="hipspine.readers")
    return found


def recordings() -> list[Recording]:
    """Three small recordings: EMG with angles and events, markers with force, and one channel alone."""
    dice = np.random.default_rng(7)
    emg = Stream(
        StreamKind.EMG,
        1000.0,
        0.0,
        (Channel("GMAX_L", "gluteus_maximus", Side.LEFT, unit="V"), Channel("ES_R", "erector_spinae", Side.RIGHT, unit="V")),
        dice.normal(size=(2, 300)) * 1e-4,
    )
    angle = Stream(StreamKind.ANGLE, 100.0, 0.0, (Channel("hip_flexion_l", side=Side.LEFT, unit="rad"),), dice.normal(size=(1, 30)))
    marker = Stream(
        StreamKind.MARKER, 100.0, 0.0, tuple(Channel(f"LASI.{a}", unit="m") for a in "xyz"), dice.normal(size=(3, 30)), "markers"
    )
    force = Stream(StreamKind.FORCE, 1000.0, 0.0, (Channel("Fz1", unit="N"),), dice.normal(size=(1, 300)) * 500, "force plate 1")
    events = (Event("foot strike", 0.05, Side.LEFT), Event("movement start", 0.2))
    about, person = {"simulated": "yes", "cue": "lift"}, {"name": "A. Nonym"}
    return [
        Recording("a", "made here", (emg, angle), events, about=about, person=person),
        Recording("b", "made here", (marker, force), events[:1], about=about),
        Recording("c", "made here", (Stream(StreamKind.EMG, 2000.0, 0.0, emg.channels[:1], dice.normal(size=(1, 200)) * 1e-4),)),
        Recording("d", "made here", (marker,)),
    ]


def examples(corpus: Path | None) -> dict[str, tuple[list[bytes], list[bytes]]]:
    """Of each format: what its writer makes of the small recordings, and the real files of ``corpus`` that its reader opens."""
    writers: dict[str, Writer] = plugins.find(hipspine.formats, "WRITER", group="hipspine.writers")
    found: dict[str, tuple[list[bytes], list[bytes]]] = {name: ([], []) for name in readers()}
    for writer in writers.values():
        ours = [data for recording in recordings() if (data := _written(writer, recording))]
        found[writer.name][0].extend([*ours, *(_foreign(data) for data in ours)])
    for name, example in BY_HAND.items():
        found[name][0].append(example())
    found["delimited text"][0].extend(text.encode() for text in DIALECTS)
    for path in sorted(corpus.rglob("*")) if corpus is not None and corpus.is_dir() else []:
        if path.is_file() and 0 < path.stat().st_size <= LARGEST_REAL:
            data = path.read_bytes()
            reader = next((r for r in readers().values() if r.recognises(data[:4096], path.suffix.lower())), None)
            if reader is not None:
                found[reader.name][1].append(data)
    return found


def _written(writer: Writer, recording: Recording) -> bytes:
    file = io.BytesIO()
    try:
        writer.write(recording, file, "example")
    except FormatError:  # this format does not hold such a recording
        return b""
    return file.getvalue()


def _foreign(data: bytes) -> bytes:
    """The same file as another program would have written it: without the note that hipspine leaves about its streams."""
    lines = [line for line in data.split(b"\n") if not line.startswith(b"# streams:")]
    return b"\n".join(lines).replace(b"HIPSPINE", b"SOMEBODY").replace(b"hipspine", b"somebody")


_ROWS = np.random.default_rng(3).normal(size=(60, 2)).round(3).tolist()
DIALECTS = (
    "Label: L GLUT MAX\nX[s],\"L GLUT MAX: EMG 1 [V]\",X[s],\"L GLUT MAX: ACC X 1 [g]\"\n"
    + "\n".join(f"{i / 2000:.6f},{a / 1e4:.6f}," + (f"{i / 500:.6f},{b}" if i < 15 else ",") for i, (a, b) in enumerate(_ROWS)),
    "Record name;Walk 1\nSampling frequency;1500\n\nTime,s;LT GLUT MAX,uV;RT LUMBAR ES,uV\n"
    + "\n".join(f"{i / 1500:.5f};{a};{b}".replace(".", ",") for i, (a, b) in enumerate(_ROWS)),
    '# OpenSignals Text File Format\n# {"00:07:80:3B:46:61": {"sensor": ["EMG"], "column": ["nSeq", "A1"], "sampling rate": 1000, '
    '"resolution": [16]}}\n# EndOfHeader\n' + "\n".join(f"{i}\t{30000 + round(100 * a)}\t" for i, (a, _) in enumerate(_ROWS)),
    "time_ms\tgmax_l_uv\thip_flexion_deg\tevent\n"
    + "\n".join(f"{i}\t{a}\t{b}\t{'cue' if i == 9 else ''}" for i, (a, b) in enumerate(_ROWS)),
)  # fmt: skip


# ------------------------------------------------------------------------------------------------------------------ damage


def damaged(bases: Sequence[bytes], others: Sequence[bytes], seed: int, number: int) -> bytes:
    """Input ``number``: one of the bases with one damage or, more rarely, up to six; parts of ``others`` may be spliced in."""
    dice = np.random.default_rng([seed, number])
    data = bytearray(bases[int(dice.integers(len(bases)))])
    for _ in range(min(6, int(dice.geometric(0.5)))):
        damage = DAMAGES[int(dice.integers(len(DAMAGES)))]
        damage(data, dice, others)
        if not data:
            break
    return bytes(data)


def _place(data: bytearray, dice: np.random.Generator) -> int:
    """Anywhere, and every other time in the first 2 kB, where headers are."""
    return int(dice.integers(min(len(data), 2048) if dice.random() < 0.5 else len(data)))


def _flip(data: bytearray, dice: np.random.Generator, _: Sequence[bytes]) -> None:
    data[_place(data, dice)] ^= 1 << int(dice.integers(8))


def _byte(data: bytearray, dice: np.random.Generator, _: Sequence[bytes]) -> None:
    data[_place(data, dice)] = int(dice.choice([0, 1, 0x7F, 0x80, 0xFF, int(dice.integers(256))]))


def _number(data: bytearray, dice: np.random.Generator, _: Sequence[bytes]) -> None:
    """A whole number of 2, 4 or 8 bytes at its extremes, in either order of bytes."""
    width, code = ((2, "H"), (4, "I"), (8, "Q"))[int(dice.integers(3))]
    at = _place(data, dice)
    value = EXTREMES[int(dice.integers(len(EXTREMES)))] % (1 << (8 * width))
    data[at : at + width] = struct.pack(("<" if dice.random() < 0.5 else ">") + code, value)


def _float(data: bytearray, dice: np.random.Generator, _: Sequence[bytes]) -> None:
    value = float(dice.choice([0.0, -1.0, np.nan, np.inf, 1e30, 1e-30, 1e9]))
    at = _place(data, dice)
    packed = struct.pack("<f" if dice.random() < 0.5 else "<d", value)
    data[at : at + len(packed)] = packed


def _cut(data: bytearray, dice: np.random.Generator, _: Sequence[bytes]) -> None:
    del data[_place(data, dice) :]


def _remove(data: bytearray, dice: np.random.Generator, _: Sequence[bytes]) -> None:
    at = _place(data, dice)
    del data[at : at + int(dice.integers(1, 64))]


def _repeat(data: bytearray, dice: np.random.Generator, _: Sequence[bytes]) -> None:
    at, count = _place(data, dice), int(dice.integers(1, 400))
    data[at:at] = data[at : at + count]


def _splice(data: bytearray, dice: np.random.Generator, others: Sequence[bytes]) -> None:
    other = others[int(dice.integers(len(others)))]
    start, count, at = int(dice.integers(len(other))), int(dice.integers(1, 600)), _place(data, dice)
    data[at : at + count] = other[start : start + count]


def _text(data: bytearray, dice: np.random.Generator, _: Sequence[bytes]) -> None:
    """A run of digits, or a word, becomes something that no header should hold."""
    at = _place(data, dice)
    end = at
    while end < len(data) and end < at + 20 and chr(data[end]).isalnum():
        end += 1
    data[at:end] = TEXTS[int(dice.integers(len(TEXTS)))]


def _line(data: bytearray, dice: np.random.Generator, _: Sequence[bytes]) -> None:
    """A line is lost, or stands twice."""
    start = data.find(b"\n", _place(data, dice)) + 1
    end = data.find(b"\n", start) + 1 or len(data)
    if dice.random() < 0.5:
        del data[start:end]
    else:
        data[start:start] = data[start:end]


DAMAGES: tuple[Callable[[bytearray, np.random.Generator, Sequence[bytes]], None], ...] = (
    _flip, _byte, _number, _float, _cut, _remove, _repeat, _splice, _text, _line,
)  # fmt: skip
