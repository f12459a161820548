"""Recordings whose truth is known: Gaussian benchmark trials, motor-unit trains, artefacts, and whole simulated people.

Chance comes in as a numpy Generator, so the same seed gives the same samples. Nothing here knows any onset detector.
"""
