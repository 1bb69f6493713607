"""Greedy answers to the questions, and how many are right: by kind, with intervals."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..evaluate import share
from .questions import Question
from .rows import Asked, Prompts, Rows, pack

NEW_TOKENS = 8

# The logits [B, S, V] at the places `said` of rows about the given scenes.
Say = Callable[[list[int], Rows], Tensor]


@torch.no_grad()
def greedy(say: Say, asked: list[list[Question]], prompts: Prompts, stops: set[int], batch: int = 25) -> list[list[str]]:
    """The answer to each question of each scene, token by token, at most NEW_TOKENS: all questions of a scene in one row.
    `stops`: the tokens that end an answer."""
    given: list[list[list[int]]] = [[[] for _ in questions] for questions in asked]
    open_ones = [(scene, i) for scene, questions in enumerate(asked) for i in range(len(questions))]
    for _ in range(NEW_TOKENS):
        scenes = sorted({scene for scene, _ in open_ones})
        still = []
        for start in range(0, len(scenes), batch):
            part = scenes[start : start + batch]
            which = [[i for at, i in open_ones if at == scene] for scene in part]
            rows = [
                [Asked(prompts.ask(asked[scene][i].question).prompt, tuple(given[scene][i])) for i in indices]
                for scene, indices in zip(part, which)
            ]
            best = say(part, pack(rows, prompts)).argmax(-1).tolist()
            for scene, indices, tokens in zip(part, which, best):
                for i, token in zip(indices, tokens):
                    if token not in stops:
                        given[scene][i].append(token)
                        still.append((scene, i))
        open_ones = still
        if not open_ones:
            break
    decode = prompts.tokenizer.decode
    return [[decode(ids, skip_special_tokens=True) for ids in scene] for scene in given]


@torch.no_grad()
def exact(say: Say, asked: list[list[Question]], prompts: Prompts, batch: int = 25) -> list[list[bool]]:
    """Whether greedy decoding gives each answer and ends: each token of it is the likeliest after those before it, which is
    the same and takes one pass."""
    right: list[list[bool]] = []
    for start in range(0, len(asked), batch):
        scenes = list(range(start, min(start + batch, len(asked))))
        rows = [[prompts.teach(q.question, q.answer) for q in asked[scene]] for scene in scenes]
        packed = pack(rows, prompts)
        hits = (say(scenes, packed).argmax(-1) == packed.labels).tolist()
        for row, found in zip(rows, hits):
            ends = np.cumsum([0, *(len(one.answer) for one in row)])
            right.append([all(found[a:b]) for a, b in zip(ends, ends[1:])])
    return right


def is_right(question: Question, answer: str) -> bool:
    return answer.strip().lower() == question.answer.strip().lower()


def score(asked: list[list[Question]], answers: list[list[str]]) -> dict:
    """{accuracy, right, count, interval95, kinds: {kind: ..., commonest}, signs}. `commonest` is what always saying the
    commonest answer of the kind would get. `signs`: those questions of "read" whose answer is the text itself."""
    pairs = [(q, a) for questions, given in zip(asked, answers, strict=True) for q, a in zip(questions, given, strict=True)]
    right = np.array([is_right(q, a) for q, a in pairs])
    kinds = np.array([q.kind for q, _ in pairs])
    result: dict = {**share(right), "kinds": {}}
    for kind in sorted(set(kinds.tolist())):
        of = [q.answer for q, _ in pairs if q.kind == kind]
        commonest = Counter(of).most_common(1)[0][1]
        result["kinds"][kind] = {**share(right[kinds == kind]), "commonest": round(commonest / len(of), 4)}
    signs = np.array([q.kind == "read" and q.answer not in ("yes", "no") for q, _ in pairs])
    result["signs"] = share(right[signs])
    return result


def write_answers(folder: Path, answers: dict[str, list[list[str]]]) -> None:
    """answers.json: {split: of each scene its answers}"""
    (folder / "answers.json").write_text(json.dumps(answers, ensure_ascii=False) + "\n")
