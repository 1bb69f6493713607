"""Composition: scenes of things that never stood together in training, beside scenes that differ in nothing else.

    python -m training composition eagle        -> public/models/eagle/composition.json

Both kinds of scenes are new, in the training styles, of two to five things. lib/scenes says which pairs are kept back.
"""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

from ..experts.data import ExpertScenes, draw, drawn, open_scenes
from .questions import Question, questions_of
from .scores import score

FILE = "composition.json"
SCENES = {"known": "pairs that training shows too", "heldout": "pairs that training never shows"}
COUNT = 400  # scenes of each kind

# The answers to the questions about the first scenes.
Answering = Callable[[ExpertScenes, list[list[Question]]], list[list[str]]]


def composition(folder: Path, answer: Answering, command: str, limit: int | None = None) -> None:
    """Writes folder/composition.json: {kinds of scenes: scores}."""
    result: dict = {"model": folder.name, "command": command, "date": date.today().isoformat(), "splits": {}}
    for pairs in SCENES:
        scenes = scenes_of(pairs)
        asked = questions_of(scenes, min(limit or COUNT, COUNT))
        part = result["splits"][pairs] = {"scenes": len(asked), **score(asked, answer(scenes, asked))}
        print(f"{folder.name}, {SCENES[pairs]}: {part['accuracy']:.2%} of {part['count']} questions", flush=True)
    (folder / FILE).write_text(json.dumps(result, indent=1) + "\n")


def scenes_of(pairs: str) -> ExpertScenes:
    folder = drawn(quick=False) / f"pairs-{pairs}-test-{COUNT}"
    draw("things", "test", COUNT, folder, ["--pairs", pairs, "--from", "1000000"])  # far from the seeds of every other split
    return open_scenes([folder])
