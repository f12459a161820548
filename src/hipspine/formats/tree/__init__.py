"""Named arrays in a tree, as MATLAB and HDF5 files hold them, read as channels."""
