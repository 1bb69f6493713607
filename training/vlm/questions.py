"""The questions that were asked about the drawn scenes, and the fixed ones that every model is measured with."""

import json
from dataclasses import dataclass, replace

from ..experts.data import SPLITS, ExpertScenes, draw_scenes
from ..experts.recipes import FULL, QUICK

TRAIN_SCENES = 40_000
EVALUATED = 250  # scenes of each split, the first ones: those of public/evaluation/questions.json


@dataclass(frozen=True, slots=True)
class Question:
    kind: str
    question: str
    answer: str


def question_scenes(quick: bool) -> dict[str, ExpertScenes]:
    """The scenes of each split: "train", "test", "heldout". What is not drawn yet is drawn."""
    recipe = QUICK["clip"] if quick else replace(FULL["clip"], train_scenes=TRAIN_SCENES)
    return draw_scenes(recipe, quick)


def questions_of(scenes: ExpertScenes, count: int | None = None) -> list[list[Question]]:
    """Of each of the first `count` scenes."""
    listed = [json.loads(line) for line in scenes.lines("questions.jsonl")[:count]]
    return [[Question(q["kind"], q["question"], q["answer"]) for q in asked] for asked in listed]


def evaluation_questions(data: dict[str, ExpertScenes], scenes: int = EVALUATED) -> dict[str, list[list[Question]]]:
    """{"training": of each scene its questions, "heldOut": ...}"""
    return {name: questions_of(data[split], scenes) for name, split in SPLITS.items()}
