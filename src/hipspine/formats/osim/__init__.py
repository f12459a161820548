"""OpenSim models (.osim, versions 2 to 4) as bodies: segments, joints, coordinates, muscle lines and the surfaces they wrap over.

What a model holds and a body does not is named in ``left_out``, never dropped in silence. Formats of recordings stand beside this package;
the tables of OpenSim (.mot, .sto) are in `hipspine.formats.opensim`.
"""

from hipspine.formats.osim.reader import read_osim

__all__ = ["read_osim"]
