"""Rejection sampling: of the answers that the model draws for a training question, the one of the highest reward is learnt.

Only the layers that look at the picture are trained.
"""

import json

import numpy as np

from ..vlm.questions import questions_of
from ..vlm.scores import is_right
from .drawn import drawn_answers
from .reward import rewards_of, trained_reward_model
from .setup import Setup
from .tasks import QuestionTask


def train_rejection(setup: Setup) -> None:
    if (setup.run / "rejection" / "state.pt").exists() and (setup.run / "rejection.json").exists():
        best = json.loads((setup.run / "rejection.json").read_text())["best"]
    else:
        best = best_answers(setup)
    asked = {scene: [(q, answer) for q, answer in pairs] for scene, pairs in enumerate(best)}
    setup.train(QuestionTask(setup, "rejection", setup.after("sft"), ("cross",), asked), "rejection")


def best_answers(setup: Setup) -> list[list[tuple[str, str]]]:
    drawn = drawn_answers(setup)
    questions = questions_of(setup.data["train"], len(drawn))
    candidates = [[(q.question, word) for q, words in zip(*pair) for word in words] for pair in zip(questions, drawn)]
    values = rewards_of(trained_reward_model(setup), setup, "train", list(range(len(drawn))), candidates)
    best: list[list[tuple[str, str]]] = []
    one, chosen, any_ = [], [], []
    for asked, answers, rewards in zip(questions, drawn, values):
        best.append([])
        at = 0
        for question, words in zip(asked, answers):
            listed = list(words)
            top = listed[int(np.argmax(rewards[at : at + len(listed)]))]
            at += len(listed)
            best[-1].append((question.question, top))
            one.append(sum(n for word, n in words.items() if is_right(question, word)) / sum(words.values()))
            chosen.append(is_right(question, top))
            any_.append(any(is_right(question, word) for word in words))
    facts = {
        "questions": len(one),
        "samples": setup.recipe.samples,
        "right": {"one": round(float(np.mean(one)), 4), "best": round(float(np.mean(chosen)), 4), "any": round(float(np.mean(any_)), 4)},
    }
    print(f"rejection: right are {facts['right']} of {len(one)} questions", flush=True)
    (setup.run / "rejection.json").write_text(json.dumps({**facts, "best": best}, ensure_ascii=False))
    return best
