"""Questions that the language model writes itself: it reads a true caption and goes on, first with a question, then with its
answer. The model after SFT, which sees the picture, answers too. The reward model, which sees it as well, chooses between the two
answers, and keeps the better half of the questions. What they are worth is measured: the same fine-tuning
with them and without, from the model after SFT.

The language model is this very model without a picture, which is llama-tiny. As in its texts, the question is on the line
behind the caption.
"""

import json

import numpy as np
import torch

from ..vlm.questions import questions_of
from .preference import BATCH
from .reward import rewards_of, trained_reward_model
from .sample import sample
from .setup import Setup, Speaker
from .tasks import QuestionTask

QUESTIONS = 4  # written for a picture
LONGEST = 20  # tokens of a question


class TextPrompts:
    """The chat template's tokens around text alone: before the user's words, and between them and the answer."""

    def __init__(self, setup: Setup):
        tokenizer = setup.tokenizer
        messages = [{"role": "user", "content": "@"}]
        text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        before, after = text.split("@")
        self.encode = lambda words: tuple(tokenizer(words, add_special_tokens=False).input_ids)
        self.decode = lambda ids: tokenizer.decode(ids, skip_special_tokens=True)
        self.prefix, self.after = list(self.encode(before)), self.encode(after)
        self.padding, self.end = setup.prompts.padding, setup.prompts.end


def written(setup: Setup) -> list[list[tuple[str, str]]]:
    """Of each of the first `written_scenes` training scenes: new questions with an answer."""
    recipe, scenes, prompts = setup.recipe, setup.data["train"], TextPrompts(setup)
    speaker = Speaker(setup.start, scenes, blind=True)
    members = list(range(recipe.written_scenes))
    captions = [prompts.encode(f"{max(scenes.captions[i], key=len)}\n") for i in members]
    generator = torch.Generator().manual_seed(recipe.seed)
    draws = (prompts, setup.stops)
    questions = sample(speaker, members, [[c] for c in captions], *draws, QUESTIONS, 1.0, generator, LONGEST, BATCH)
    own = questions_of(scenes, len(members))
    new: list[list[str]] = []
    for asked, (counts,) in zip(own, questions):
        known = {q.question for q in asked}
        texts = dict.fromkeys(prompts.decode(ids).strip() for ids in counts)
        new.append([text for text in texts if text.endswith("?") and len(text) > 8 and text not in known])
    asks = [[(*c, *prompts.encode(text), *prompts.after) for text in of] for c, of in zip(captions, new)]
    answers = sample(speaker, members, asks, *draws, 1, 0.1, generator, batch=BATCH)
    return [
        [(text, prompts.decode(next(iter(counts))).strip()) for text, counts in zip(texts, of)]
        for texts, of in zip(new, answers)
    ]


def seen_answers(setup: Setup, pairs: list[list[tuple[str, str]]]) -> list[list[tuple[str, str]]]:
    """The same questions, answered by the model after SFT, which looks at the picture."""
    asks = [[setup.prompts.ask(text).prompt for text, _ in of] for of in pairs]
    generator = torch.Generator().manual_seed(setup.recipe.seed)
    speaker = Speaker(setup.after("sft"), setup.data["train"])
    said = sample(speaker, list(range(len(pairs))), asks, setup.prompts, setup.stops, 1, 0.1, generator, batch=BATCH)
    decode = lambda counts: setup.tokenizer.decode(next(iter(counts)), skip_special_tokens=True).strip()  # noqa: E731
    return [[(text, decode(counts)) for (text, _), counts in zip(*both)] for both in zip(pairs, said)]


def filtered(setup: Setup, pairs: list[list[tuple[str, str]]]) -> tuple[dict[int, list[tuple[str, str]]], dict]:
    """Of the two answers to each question that of the higher reward; of the questions the better part. -> (by scene, facts)"""
    seen, members, judge = seen_answers(setup, pairs), list(range(len(pairs))), trained_reward_model(setup)
    values = [rewards_of(judge, setup, "train", members, of) for of in (pairs, seen)]
    best = [
        [(pair, r, False) if r >= s else (other, s, True) for pair, other, r, s in zip(*scene)]
        for scene in zip(pairs, seen, *values)
    ]
    everything = [rated for of in best for rated in of]
    least = float(np.quantile([r for _, r, _ in everything], 1 - setup.recipe.kept)) if everything else 0.0
    kept = {scene: [pair for pair, reward, _ in of if reward >= least and pair[1]] for scene, of in enumerate(best)}
    kept = {scene: of for scene, of in kept.items() if of}
    examples = [
        {"question": q, "answer": a, "reward": round(reward, 2), "kept": reward >= least, "seen": by_seeing}
        for (q, a), reward, by_seeing in everything[:24]
    ]
    facts = {"written": len(everything), "kept": sum(map(len, kept.values())), "scenes": len(kept), "examples": examples}
    return kept, {**facts, "bySeeing": sum(by_seeing for _, _, by_seeing in everything)}


def train_synthetic(setup: Setup) -> None:
    path = setup.run / "synthetic.json"
    if path.exists():
        kept = {int(scene): [tuple(pair) for pair in of] for scene, of in json.loads(path.read_text())["pairs"].items()}
    else:
        kept, facts = filtered(setup, written(setup))
        print(f"synthetic: {facts['written']} questions written, {facts['kept']} kept", flush=True)
        path.write_text(json.dumps({**facts, "pairs": kept}, ensure_ascii=False))
    asked = questions_of(setup.data["train"], setup.recipe.written_scenes)
    own = {scene: [(q.question, q.answer) for q in asked[scene]] for scene in sorted(kept) or range(len(asked))}
    mixed = {scene: [*pairs, *kept.get(scene, [])] for scene, pairs in own.items()}
    for name, texts in (("synthetic", mixed), ("synthetic-without", own)):
        setup.train(QuestionTask(setup, "synthetic", setup.after("sft"), ("cross",), texts), "synthetic", name)
