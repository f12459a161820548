"""The body as numbers and names."""
