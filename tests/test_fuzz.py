"""The fuzz run itself: it must notice a reader that crashes, hangs, takes memory on a header's word, or answers with nothing."""

import importlib.util
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from hipspine.errors import FormatError
from hipspine.formats.content import Column, Content, Group
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(scope="module")
def fuzz() -> ModuleType:
    if not (BENCHMARKS / "fuzz.py").is_file():
        pytest.skip("no benchmarks folder beside the tests")
    sys.path.insert(0, str(BENCHMARKS))
    try:
        spec = importlib.util.spec_from_file_location("fuzz", BENCHMARKS / "fuzz.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(BENCHMARKS))
    return module


def reader_that(read: Callable[[Source], Content]) -> Reader:
    return Reader("faulty", (".x",), lambda head, suffix: True, read)


def good(source: Source) -> Content:
    return Content((Group((Column("GMAX_L", "V"),), np.array([[0.0, 1.0, 2.0]]), 100.0, 0.0),))


def on_b(fault: Callable[[], object]) -> Callable[[Source], Content]:
    """A reader that meets its fault in inputs that begin with b, and reads the others."""

    def read(source: Source) -> Content:
        if source.head.startswith(b"b"):
            fault()
        return good(source)

    return read


def refuse() -> None:
    raise FormatError("damaged.bin: cut off.")


def leave_the_name_out() -> None:
    raise FormatError("something is wrong")


FAULTS: dict[str, Callable[[], object]] = {
    "the process died": lambda: os._exit(11),
    "hang": lambda: time.sleep(60),
    "memory was taken": lambda: np.ones(1 << 28),
    "untidy message": leave_the_name_out,
}


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory and processes are watched by Linux means")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_reader_is_found_and_the_other_inputs_are_still_counted(fuzz: ModuleType, fault: str) -> None:
    inputs = [b"a", b"a", b"b", b"a"]
    counts, faults = fuzz.run(reader_that(on_b(FAULTS[fault])), b"a", inputs.__getitem__, 0, 4, seconds=1)
    assert counts == {"recording": 3, "fault": 1}
    assert [(number, said.startswith(fault)) for number, said in faults] == [(2, True)]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory and processes are watched by Linux means")
def test_a_refusal_in_one_sentence_is_no_fault(fuzz: ModuleType) -> None:
    counts, faults = fuzz.run(reader_that(on_b(refuse)), b"a", [b"a", b"b"].__getitem__, 0, 2, seconds=1)
    assert (counts, faults) == ({"recording": 1, "refused": 1}, [])


def test_every_input_can_be_made_again(fuzz: ModuleType) -> None:
    bases = [bytes(range(256)) * 4, b"one,two\n1,2\n3,4\n"]
    made = [fuzz.damaged(bases, bases, 5, number) for number in range(200)]
    assert made == [fuzz.damaged(bases, bases, 5, number) for number in range(200)]
    assert len(set(made)) > 150  # these bases are so small that some damages coincide
    assert made != [fuzz.damaged(bases, bases, 6, number) for number in range(200)]
