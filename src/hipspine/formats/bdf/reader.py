"""BDF and BDF+: BioSemi's variant of EDF with samples of 24 bits, and triggers in the bits of its status channel."""

from hipspine.formats.edf.anonymise import anonymise_bdf
from hipspine.formats.edf.header import recognises
from hipspine.formats.edf.reader import read
from hipspine.formats.reader import Reader

READER = Reader("BDF", (".bdf",), lambda head, _: recognises(head, 3), lambda source: read(source, 3), anonymise_bdf)
