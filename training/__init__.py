"""Trains, evaluates and exports the checkpoints in public/models, and writes the golden fixtures of tests/.

Run from the repository's root: `python -m training --help`.
"""
