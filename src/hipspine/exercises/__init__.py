"""Exercises as motion: one file each, from which physics, picture, numbers and variety follow."""
