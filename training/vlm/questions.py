"""The questions that were asked about the drawn scenes, and the fixed ones that every model is measured with."""

import json
from dataclasses import dataclass, replace

from ..experts.data import SPLITS, ExpertScenes, draw_scenes, open_scenes, training_folders
from ..experts.recipes import FULL, QUICK

TRAIN_SCENES = 40_000
# Scenes that come after, in rounds: mixed ones, and ones for reading whose seeds the expert `text` has not seen.
FRESH = {"things": (TRAIN_SCENES, 80_000), "signs": (60_000, 20_000)}  # first seed of the first round, how many in each
QUICK_FRESH = {"things": (10_000, 48), "signs": (10_000, 12)}
EVALUATED = 250  # scenes of each split, the first ones: those of public/evaluation/questions.json


@dataclass(frozen=True, slots=True)
class Question:
    kind: str
    question: str
    answer: str


def question_scenes(quick: bool, train: int = TRAIN_SCENES) -> dict[str, ExpertScenes]:
    """The scenes of each split: `train` training ones, "test", "heldout". What is not drawn yet is drawn."""
    recipe = QUICK["clip"] if quick else replace(FULL["clip"], train_scenes=train)
    return draw_scenes(recipe, quick)


def fresh_scenes(quick: bool, round_: int) -> ExpertScenes:
    """Training scenes that neither question_scenes nor an earlier round (from 1 on) has, a fifth of them for reading."""
    folders = []
    for scenes, (first, count) in (QUICK_FRESH if quick else FRESH).items():
        folders += training_folders(scenes, first + (round_ - 1) * count, count, quick)
    return open_scenes(folders)


def questions_of(scenes: ExpertScenes, count: int | None = None) -> list[list[Question]]:
    """Of each of the first `count` scenes."""
    listed = [json.loads(line) for line in scenes.lines("questions.jsonl")[:count]]
    return [[Question(q["kind"], q["question"], q["answer"]) for q in asked] for asked in listed]


def evaluation_questions(data: dict[str, ExpertScenes], scenes: int = EVALUATED) -> dict[str, list[list[Question]]]:
    """{"training": of each scene its questions, "heldOut": ...}"""
    return {name: questions_of(data[split], scenes) for name, split in SPLITS.items()}
