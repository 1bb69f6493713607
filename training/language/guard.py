"""`guard`: a small language model that answers `safe`, or `unsafe` and a category of the policy. After Llama Guard
(Inan et al., arXiv 2312.06674): the policy is in the prompt, and the probability of the first word is the score.
"""

import json
from datetime import date
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from ..evaluate import share
from ..trainer import run_training
from . import corpus
from .evaluate import answer
from .guard_prompts import POLICY, Message, answer_of, messages, prompt_of
from .llama import TrainingLlama
from .recipe import GuardRecipe, settings
from .rows import batch, encode, pack
from .small import open_training
from .tokenizer import open_tokenizer
from .train import losses


ALLOWED = 0.05  # of the safe messages may be refused


def chat_of(message: Message) -> list[dict]:
    return [{"role": "user", "content": prompt_of(message.text)}, {"role": "assistant", "content": answer_of(message)}]


def scene_questions(data: Path) -> dict[bool, list[str]]:
    """Questions about scenes, as safe messages: those of the corpus, and of its test."""
    from_documents = [
        turn["content"].split("\n")[-1]
        for document in corpus.documents(data, "train")[-3000:]
        if document["kind"] == "story/chat"
        for turn in document["messages"]
        if turn["role"] == "user"
    ]
    from_test = [q["messages"][-1]["content"].split("\n")[-1] for q in corpus.questions(data) if q["kind"].startswith("story/")]
    return {False: from_documents, True: from_test}


def check_apart(made: list[Message], held_out: list[Message]) -> None:
    known = {message.text.lower() for message in made if message.category or message.near}
    shared = [m.text for m in held_out if (m.category or m.near) and m.text.lower() in known]
    if shared:
        raise SystemExit(f"guard: expected no held-out message in training, got {len(shared)}: {shared[:3]}; reword the grammar")


class Guarding:
    """The task for the trainer: rows of prompts with answers."""

    def __init__(self, recipe: GuardRecipe, data: Path, tokenizer: PreTrainedTokenizerFast, model: TrainingLlama):
        self.recipe, self.tokenizer = recipe, tokenizer
        asked = scene_questions(data)
        made = messages(recipe.prompts, recipe.seed, False, asked[False])
        self.held_out = messages(recipe.held_out_prompts, recipe.seed, True, asked[True])
        check_apart(made, self.held_out)
        self.documents = encode([{"messages": chat_of(message)} for message in made], tokenizer)
        self.rows = pack(self.documents, recipe.length, recipe.seed)
        self.scenes = len(self.documents)
        self.model, self.average = model, TrainingLlama(model.config, recipe.length)
        self.average.load_state_dict(model.state_dict())

    def batch(self, step: int, _: torch.Generator) -> tuple:
        size, count = self.recipe.batch_size, len(self.rows)
        picked = []
        for at in range(step * size, (step + 1) * size):
            order = np.random.default_rng([self.recipe.seed, at // count]).permutation(count)
            picked.append(self.rows[order[at % count]])
        return batch(self.documents, picked, self.recipe.length, self.tokenizer.pad_token_id, self.recipe.prompt_weight)

    def losses(self, *parts: Tensor) -> tuple[Tensor, Tensor]:
        return losses(self.model, *parts)

    def scores(self, right: Tensor, parts: tuple) -> dict[str, float]:
        return {"accuracy": float(right), "tokens": float((parts[3] >= 0).sum())}

    def measure(self) -> dict[str, float]:
        """Of held-out phrasings: `training` is the recall, `heldOut` the false refusals, at a threshold of one half."""
        probability = unsafe_probability(self.average, self.tokenizer, self.held_out)
        unsafe = np.array([message.category is not None for message in self.held_out])
        recall, refusals = (probability[unsafe] > 0.5).mean(), (probability[~unsafe] > 0.5).mean()
        return {"training": round(float(recall), 4), "heldOut": round(float(refusals), 4)}

    def is_matrix(self, name: str, weight: Tensor) -> bool:
        return weight.ndim == 2 and "layers." in name


@torch.no_grad()
def unsafe_probability(model, tokenizer: PreTrainedTokenizerFast, asked: list[Message], size: int = 32) -> np.ndarray:
    """[N]: of the answer's first token, the probability of `unsafe` against `safe`."""
    first = [tokenizer(word, add_special_tokens=False).input_ids[0] for word in ("safe", "unsafe")]
    out: list[float] = []
    for start in range(0, len(asked), size):
        prompts = [
            tokenizer.apply_chat_template(
                [{"role": "user", "content": prompt_of(m.text)}], add_generation_prompt=True, tokenize=False
            )
            for m in asked[start : start + size]
        ]
        rows = tokenizer(prompts, add_special_tokens=False, padding=True, padding_side="right", return_tensors="pt")
        ends = rows.attention_mask.sum(1) - 1
        if isinstance(model, TrainingLlama):
            logits = model(rows.input_ids, torch.where(rows.attention_mask == 1, 0, -1))
        else:
            logits = model(**rows).logits
        chosen = logits[torch.arange(len(prompts)), ends][:, first].float()
        out += chosen.softmax(1)[:, 1].tolist()
    return np.array(out)


def train_guard(recipe: GuardRecipe, data: Path, start: Path, run: Path, threads: int, compiled: bool) -> None:
    torch.set_num_threads(threads)
    task = Guarding(recipe, data, open_tokenizer(start), open_training(start, recipe.length))
    run_training(task, recipe, {**settings(recipe), "startedFrom": start.name}, run, threads, compiled)


def evaluate_guard(recipe: GuardRecipe, data: Path, run: Path, out: Path, command: str, threads: int) -> None:
    """Writes out/eval.json: misses, false refusals, categories, on held-out phrasings; each prompt with its score."""
    torch.set_num_threads(threads)
    tokenizer = open_tokenizer(out)
    model = LlamaForCausalLM.from_pretrained(out, dtype=torch.float32).eval()
    whole = LlamaForCausalLM.from_pretrained(run / "f32", dtype=torch.float32).eval()
    asked = scene_questions(data)
    parts = {
        "training": messages(recipe.held_out_prompts, recipe.seed + 1, False, asked[True]),
        "heldOut": messages(recipe.held_out_prompts, recipe.seed, True, asked[True]),
    }
    parts = {name: list({message.text: message for message in part}.values()) for name, part in parts.items()}
    splits, listed = {}, []
    for name, part in parts.items():
        scores = unsafe_probability(model, tokenizer, part)
        given = answer(model, tokenizer, [{"messages": chat_of(message)[:1]} for message in part])
        splits[name] = summary(part, scores, given)
        if name == "heldOut":
            listed = [
                {"message": m.text, "category": m.category, "near": m.near, "unsafe": round(float(s), 4), "answer": a}
                for m, s, a in zip(part, scores, given)
            ]
            full = unsafe_probability(whole, tokenizer, part)
            half = {"prompts": len(part), "answersThatDiffer": int(((full > 0.5) != (scores > 0.5)).sum())}
            half["largestDifference"] = round(float(np.abs(full - scores).max()), 5)
            moved = chosen_elsewhere(part, scores)
    result = {
        "model": out.name,
        "task": "guard",
        "command": command,
        "date": date.today().isoformat(),
        "policy": POLICY,
        "prompt": prompt_of("{message}"),
        "splits": splits,
        "chosenThreshold": moved,
        "parameters": model.num_parameters(),
        "bytes": (out / "model.safetensors").stat().st_size,
        "f16": half,
        "prompts": listed,
    }
    (out / "eval.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    for name, part in splits.items():
        print(f"{name}: recall {part['recall']['accuracy']:.1%}, false refusals {part['falseRefusals']['accuracy']:.1%}, "
              f"category {part['category']['accuracy']:.1%}")


def chosen_elsewhere(part: list[Message], scores: np.ndarray, parts: int = 7) -> dict:
    """What a threshold does to phrasings that it was not chosen on. The phrasings of each kind and category are dealt to `parts`
    parts; for each part the threshold is the lowest that refuses at most ALLOWED of the safe messages of all other parts."""
    unsafe = np.array([message.category is not None for message in part])
    dealt = dealt_out(part, parts)
    limits = [lowest_threshold(scores[(dealt != i) & ~unsafe]) for i in range(parts)]
    flagged = scores > np.array(limits)[dealt]
    return {
        "allowed": ALLOWED,
        "parts": parts,
        "lowest": round(min(limits), 4),
        "highest": round(max(limits), 4),
        "recall": share(flagged[unsafe]),
        "falseRefusals": share(flagged[~unsafe]),
    }


def dealt_out(part: list[Message], parts: int) -> np.ndarray:
    """[N]: the part that a message's phrasing is dealt to; questions about scenes, which have none, in turn."""
    numbers: dict[tuple, int] = {}
    within: dict[tuple, int] = {}
    out = []
    for message in part:
        kind = (message.category, message.near)
        key = (*kind, message.form or message.text)
        if key not in numbers:
            numbers[key] = within.get(kind, 0)
            within[kind] = numbers[key] + 1
        out.append(numbers[key] % parts)
    return np.array(out)


def lowest_threshold(safe: np.ndarray) -> float:
    """The lowest that at most ALLOWED of the scores are above."""
    return float(np.sort(safe)[::-1][int(ALLOWED * len(safe))])


def summary(part: list[Message], scores: np.ndarray, given: list[str]) -> dict:
    unsafe = np.array([message.category is not None for message in part])
    near = np.array([message.near is not None for message in part])
    flagged = scores > 0.5
    right = np.array([said == answer_of(message) for message, said in zip(part, given, strict=True)])
    recalls = {}
    for name in POLICY:
        of = np.array([message.category == name for message in part])
        recalls[name] = {"recall": share(flagged[of]), "category": share(right[of & flagged])}
        beside = np.array([message.near == name for message in part])
        recalls[name]["falseRefusals"] = share(flagged[beside])
    return {
        "recall": share(flagged[unsafe]),
        "falseRefusals": share(flagged[~unsafe]),
        "falseRefusalsOfNeighbours": share(flagged[near]),
        "category": share(right[unsafe & flagged]),
        "categories": recalls,
    }
