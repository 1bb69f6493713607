"""Pairs of a right and a plausible wrong answer; how often a model finds the right one more likely.

Shapes:  B rows   K places of a row that are said   M answers of a row
"""

from collections import Counter, defaultdict

import numpy as np
import torch
from torch import Tensor

from ..vlm.questions import Question, questions_of
from ..vlm.rows import Asked, Prompts, Rows, pack
from .setup import Setup, Speaker

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven")
BATCH = 20


class WrongAnswers:
    """Draws wrong answers as they are given to questions of the same form: for a number another near it, for yes no, for the rest
    what is answered elsewhere to questions of the kind with the same first two words, as often as it is."""

    def __init__(self, questions: list[list[Question]]):
        self.given: dict[tuple, Counter] = defaultdict(Counter)
        for question in (q for asked in questions for q in asked):
            self.given[form(question)][question.answer] += 1

    def draw(self, question: Question, rng: np.random.Generator) -> str:
        answer = question.answer
        if answer in ("yes", "no"):
            return "no" if answer == "yes" else "yes"
        if answer in NUMBERS:
            at = NUMBERS.index(answer)
            return NUMBERS[int(rng.choice([i for i in (at - 1, at + 1) if 0 <= i < len(NUMBERS)]))]
        for key in (form(question), (question.kind,)):
            others = {word: n for word, n in self.given.get(key, {}).items() if word not in (answer, "yes", "no", *NUMBERS)}
            if others:
                weights = np.array(list(others.values()), float)
                return str(rng.choice(list(others), p=weights / weights.sum()))
        return "no"


def form(question: Question) -> tuple:
    return question.kind, *question.question.lower().split()[:2]


Pair = tuple[str, str, str]  # question, right answer, wrong one


def held_out_pairs(setup: Setup, split: str, wrong: WrongAnswers) -> tuple[list[int], list[list[Pair]]]:
    """Of scenes behind those of the evaluation. -> (scenes, pairs of each)"""
    scenes = setup.data[split]
    first = min(setup.recipe.eval_scenes, len(scenes) - setup.recipe.preference_scenes)
    members = list(range(first, first + setup.recipe.preference_scenes))
    asked, rng = questions_of(scenes), np.random.default_rng(setup.recipe.seed)
    return members, [[(q.question, q.answer, wrong.draw(q, rng)) for q in asked[i]] for i in members]


def both(pairs: list[Pair], prompts: Prompts) -> list[Asked]:
    """Right, wrong, right, wrong, ..."""
    return [prompts.teach(question, answer) for question, *answers in pairs for answer in answers]


def log_probs(logits: Tensor, rows: Rows, answers: int) -> Tensor:
    """The logarithm of each answer's probability. logits [B, K, V] -> [B, M]; 0 for what a row does not have."""
    each = logits.float().log_softmax(-1).gather(2, rows.labels[:, :, None])[:, :, 0] * rows.weights
    which = (rows.segments.gather(1, rows.said) - 1).clamp(min=0)  # answers count from 1 in a row
    return torch.zeros(len(logits), answers).scatter_add(1, which, each)


@torch.no_grad()
def margins(speaker: Speaker, members: list[int], pairs: list[list[Pair]], prompts: Prompts) -> np.ndarray:
    """By how much the right answer is more likely, in logarithms: of each pair, scene after scene."""
    found = []
    for start in range(0, len(members), BATCH):
        part, of = members[start : start + BATCH], pairs[start : start + BATCH]
        rows = pack([both(p, prompts) for p in of], prompts)
        most = 2 * max(len(p) for p in of)
        logs = log_probs(speaker(part, rows), rows, most)
        apart = logs[:, 0::2] - logs[:, 1::2]
        found += [apart[i, : len(p)].numpy() for i, p in enumerate(of)]
    return np.concatenate(found)


def preferred(apart: np.ndarray) -> dict:
    return {"share": round(float((apart > 0).mean()), 4), "pairs": len(apart), "margin": round(float(apart.mean()), 3)}


def gain(before: np.ndarray, after: np.ndarray, seed: int, draws: int = 2_000) -> dict:
    """How much the share of preferred right answers grew, over the same pairs, with its 95 % interval by bootstrap."""
    change = (after > 0).astype(float) - (before > 0)
    rng = np.random.default_rng(seed)
    means = np.array([change[rng.integers(0, len(change), len(change))].mean() for _ in range(draws)])
    low, high = np.quantile(means, [0.025, 0.975])
    return {"gain": round(float(change.mean()), 4), "interval95": [round(float(low), 4), round(float(high), 4)]}
