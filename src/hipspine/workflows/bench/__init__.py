"""The parts of `hipspine bench`: methods side by side, trials with a known truth, scores, a table and a figure."""
