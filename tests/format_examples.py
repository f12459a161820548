"""Small valid bytes of every format, for the shared tests of readers and for the fuzz run."""

import io
from collections.abc import Callable
from functools import partial

import numpy as np

import hipspine.formats
from hipspine import plugins
from hipspine.formats.reader import Reader
from hipspine.formats.writer import Writer
from hipspine.signals.recording import Channel, Event, Recording, Stream
from hipspine.terms import Side, StreamKind

READERS: dict[str, Reader] = plugins.find(hipspine.formats, "READER", group="hipspine.readers")
WRITERS: dict[str, Writer] = plugins.find(hipspine.formats, "WRITER", group="hipspine.writers")


def example_recording() -> Recording:
    """EMG at 1000 Hz and angles at 100 Hz, with events."""
    noise = np.random.default_rng(7).normal(size=(2, 600)) * 1e-5
    emg = (Channel("GMAX_L", "gluteus_maximus", Side.LEFT, unit="V"), Channel("ES_R", "erector_spinae", Side.RIGHT, unit="V"))
    angles = (Channel("hip_flexion_l", side=Side.LEFT, unit="rad"), Channel("trunk_flexion", unit="rad"))
    swing = np.sin(np.arange(60) / 9)
    return Recording(
        "example",
        "made here",
        (Stream(StreamKind.EMG, 1000.0, 0.0, emg, noise), Stream(StreamKind.ANGLE, 100.0, 0.0, angles, np.vstack([swing, 0.3 * swing]))),
        (Event("foot strike", 0.25, Side.LEFT), Event("movement start", 0.4)),
        about={"simulated": "yes"},
    )


def _written(writer: Writer) -> bytes:
    file = io.BytesIO()
    writer.write(example_recording(), file, "example")
    return file.getvalue()


def _storage() -> bytes:
    rows = "\n".join(f"{i / 100:.4f}\t{i / 3:.4f}\t{-i / 5:.4f}" for i in range(80))
    return (
        f"Coordinates\nversion=1\nnRows=80\nnColumns=3\ninDegrees=yes\nendheader\ntime\thip_flexion_r\tlumbar_extension\n{rows}\n".encode()
    )


def _trc() -> bytes:
    keys = "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames"
    head = f"PathFileType\t4\t(X/Y/Z)\twalk.trc\n{keys}\n100\t100\t80\t2\tmm\t100\t1\t80\nFrame#\tTime\tLASI\t\t\tRASI\t\t\n"
    rows = "".join(
        f"{i + 1}\t{i / 100:.3f}\t{i / 3:.4f}\t{-i / 5:.4f}\t900.1\t" + ("\t\t\n" if i in (7, 8) else "1.5\t2.5\t3.5\n") for i in range(80)
    )
    return (head + "\t\tX1\tY1\tZ1\tX2\tY2\tZ2\n\n" + rows).encode()


def _anc() -> bytes:
    head = "File_Type:\tAnalog R/C ASCII\tGeneration#:\t2\nBoard_Type:\tNI USB-6210\tPolarity:\tBipolar\n"
    head += "Trial_Name:\twalk\tTrial#:\t1\tDuration(Sec.):\t0.6\t#Channels:\t2\nBitDepth:\t16\tPreciseRate:\t1000.000000\n\n\n\n\n"
    head += "Name\tGMAX_L\tES_R\t\nRate\t1000\t1000\t\nRange\t5000\t10000\t\n"
    noise = np.random.default_rng(7).integers(-3000, 3000, size=(600, 2))
    return (head + "".join(f"{i / 1000:.6f}\t{a}\t{b}\t\n" for i, (a, b) in enumerate(noise.tolist()))).encode()


def _qualisys() -> bytes:
    head = "NO_OF_FRAMES\t80\nNO_OF_CAMERAS\t8\nNO_OF_MARKERS\t2\nFREQUENCY\t100\nDESCRIPTION\t--\nTIME_STAMP\t2022-06-02, 15:49:44\n"
    head += "DATA_INCLUDED\t3D\nEVENT\tRight heel strike\t26\t0.25\nMARKER_NAMES\tLASI\tRASI\nTRAJECTORY_TYPES\tMeasured\tMeasured\n"
    rows = "".join(
        f"{i + 1}\t{i / 100:.5f}\t{i / 3:.3f}\t{-i / 5:.3f}\t900.100\t{'0.000' if i % 9 == 0 else '1.500'}\t0.000\t0.000\n"
        for i in range(80)
    )
    return (head + rows).encode()


BY_HAND: dict[str, Callable[[], bytes]] = {"OpenSim storage": _storage, "TRC": _trc, "ANC": _anc, "Qualisys TSV": _qualisys}
EXAMPLES: dict[str, Callable[[], bytes]] = {**{name: partial(_written, writer) for name, writer in WRITERS.items()}, **BY_HAND}
