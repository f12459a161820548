"""Recordings in time: what was recorded, when each muscle switches on, and how far each channel can be trusted."""
