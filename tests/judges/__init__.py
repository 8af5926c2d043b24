"""Outsiders that judge the simulator: the quick ones as tests, the slow ones as `make judges`."""
