"""Published values, each with its source and grade."""
