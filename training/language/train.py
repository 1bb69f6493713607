"""Training: `python -m training llama-tiny train`. Resumes where it stopped; rows follow from the seed and the step alone."""

import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import LlamaConfig, PreTrainedTokenizerFast

from ..trainer import run_training
from . import corpus
from .llama import TrainingLlama
from .recipe import LanguageRecipe, settings
from .rows import Documents, batch, encode, pack
from .tokenizer import open_tokenizer


def llama_config(recipe: LanguageRecipe, tokenizer: PreTrainedTokenizerFast) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=recipe.hidden_size,
        intermediate_size=recipe.intermediate_size,
        num_hidden_layers=recipe.num_hidden_layers,
        num_attention_heads=recipe.num_attention_heads,
        num_key_value_heads=recipe.num_key_value_heads,
        max_position_embeddings=recipe.max_position_embeddings,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=[tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids("<|end_of_text|>")],
        pad_token_id=tokenizer.pad_token_id,
        rope_parameters={
            "rope_type": "llama3",
            "rope_theta": recipe.rope_theta,
            "factor": recipe.rope_factor,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": recipe.length,
        },
    )


@torch.no_grad()
def start_alike(model: TrainingLlama, tokenizer: PreTrainedTokenizerFast, shared: float = 0.9) -> None:
    """Tokens of one word, `cat`, ` cat` and `Cat`, start with much the same vector: an answer has no space before it, the
    story that it is copied from has."""
    groups: dict[str, list[int]] = {}
    for token, index in tokenizer.get_vocab().items():
        groups.setdefault(token.removeprefix("Ġ").lower(), []).append(index)
    weight = model.model.embed_tokens.weight
    for indices in groups.values():
        if len(indices) > 1:
            weight[indices] = shared * weight[indices[0]] + (1 - shared**2) ** 0.5 * weight[indices]


def losses(model: TrainingLlama, input_ids: Tensor, labels: Tensor, weights: Tensor, document: Tensor):
    """-> (loss to minimise, share of the tokens of weight 1 that the model would choose)"""
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(input_ids, document)
    logits = logits.float().flatten(0, 1)
    each = F.cross_entropy(logits, labels.flatten(), reduction="none")
    weights = weights.flatten()
    said = weights == 1
    right = ((logits.detach().argmax(1) == labels.flatten()) & said).sum() / said.sum().clamp(min=1)
    return (each * weights).sum() / weights.sum(), right


@torch.no_grad()
def perplexity(model: TrainingLlama, documents: Documents, count: int, length: int, padding: int) -> dict[str, float]:
    """Of the first `count` documents, each on its own: over all tokens, and over those that are the model's to say."""
    sums = {"all": [0.0, 0.0], "said": [0.0, 0.0]}
    sizes = np.diff(documents.starts)[:count]
    order = [i for i in np.argsort(sizes, kind="stable") if sizes[i] <= length + 1]
    for start in range(0, len(order), 16):
        part = order[start : start + 16]
        rows = [np.array([i]) for i in part]
        input_ids, labels, weights, document = batch(documents, rows, int(sizes[part].max()) - 1, padding, 0.5)
        logits = model(input_ids, document).float()
        each = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none").view_as(weights)
        for name, chosen in (("all", weights > 0), ("said", weights == 1)):
            sums[name][0] += float(each[chosen].sum())
            sums[name][1] += float(chosen.sum())
    return {name: math.exp(total / max(1, tokens)) for name, (total, tokens) in sums.items()}


@torch.no_grad()
def exact(model: TrainingLlama, asked: Documents, length: int, padding: int) -> np.ndarray:
    """For each question, whether greedy decoding gives the answer and ends: each token of the answer is the likeliest
    after those before it, which is the same and takes one pass."""
    sizes = np.diff(asked.starts)
    order = np.argsort(sizes, kind="stable")  # those of like lengths together: little padding
    right = np.zeros(len(asked), bool)
    for start in range(0, len(asked), 16):
        part = order[start : start + 16]
        rows = [np.array([i]) for i in part]
        input_ids, labels, weights, document = batch(asked, rows, min(length, int(sizes[part].max()) - 1), padding, 0.5)
        best = model(input_ids, document).argmax(-1)
        right[part] = ((best == labels) | (weights != 1)).all(1).numpy()
    return right


def as_documents(questions: list[dict], tokenizer: PreTrainedTokenizerFast) -> Documents:
    chats = [{"messages": [*q["messages"], {"role": "assistant", "content": q["answer"]}]} for q in questions]
    return encode(chats, tokenizer)


class Reading:
    """The task for the trainer: rows of documents, next-token loss, closed questions as it goes."""

    def __init__(self, recipe: LanguageRecipe, data: Path, tokenizer: PreTrainedTokenizerFast):
        torch.manual_seed(recipe.seed)
        self.recipe, self.padding = recipe, tokenizer.pad_token_id
        self.turn, self.order = -1, np.zeros(0, np.int64)  # of the rows: this pass, and its order
        self.documents = encode(corpus.documents(data, "train"), tokenizer)
        self.test = encode(corpus.documents(data, "test"), tokenizer)
        questions = corpus.questions(data)
        chosen = np.random.default_rng(recipe.seed).permutation(len(questions))[: recipe.eval_subset]
        self.held_out = np.array([questions[i]["heldOut"] for i in chosen])
        self.kinds = [questions[i]["kind"] for i in chosen]
        self.asked = as_documents([questions[i] for i in chosen], tokenizer)
        first = recipe.first_documents
        self.first = pack(self.documents, recipe.length, recipe.seed, range(first)) if first else []
        self.rows = pack(self.documents, recipe.length, recipe.seed, range(first, len(self.documents)))
        self.scenes = len(self.documents)  # what the trainer calls a model's samples
        self.model = TrainingLlama(llama_config(recipe, tokenizer), recipe.length)
        start_alike(self.model, tokenizer)
        self.average = TrainingLlama(self.model.config, recipe.length)
        self.average.load_state_dict(self.model.state_dict())
        tokens = len(self.documents.tokens)
        print(f"{self.scenes:,} documents, {tokens:,} tokens, {len(self.first):,} first rows, {len(self.rows):,} others", flush=True)

    def batch(self, step: int, _: torch.Generator) -> tuple:
        size = self.recipe.batch_size
        picked = [self.row(at) for at in range(step * size, (step + 1) * size)]
        weight = self.recipe.prompt_weight if step < self.recipe.later else self.recipe.later_prompt_weight
        return batch(self.documents, picked, self.recipe.length, self.padding, weight)

    def row(self, at: int) -> np.ndarray:
        """The first rows first, once; then the others in a random order for each pass."""
        if at < len(self.first):
            return self.first[at]
        turn, place = divmod(at - len(self.first), len(self.rows))
        if turn != self.turn:
            self.turn, self.order = turn, np.random.default_rng([self.recipe.seed, turn]).permutation(len(self.rows))
        return self.rows[self.order[place]]

    def losses(self, *parts: Tensor) -> tuple[Tensor, Tensor]:
        return losses(self.model, *parts)

    def scores(self, right: Tensor, parts: tuple) -> dict[str, float]:
        """The share of tokens that are the model's to say and that it would say; how many tokens the batch has."""
        return {"accuracy": float(right), "tokens": float((parts[3] >= 0).sum())}

    def measure(self) -> dict:
        recipe = self.recipe
        right = exact(self.average, self.asked, recipe.length, self.padding)
        measured = perplexity(self.average, self.test, recipe.eval_subset, recipe.length, self.padding)
        shares = {"training": right[~self.held_out], "heldOut": right[self.held_out]}
        result = {name: round(float(part.mean()), 4) if len(part) else 0.0 for name, part in shares.items()}
        result |= {"perplexity": round(measured["all"], 4), "perplexitySaid": round(measured["said"], 4)}
        print(f"  closed questions and perplexity: {result}", flush=True)
        return {**result, "kinds": self.by_kind(right)}

    def by_kind(self, right: np.ndarray) -> dict[str, list[int]]:
        """kind -> [right, asked]"""
        of = {kind: [i for i, other in enumerate(self.kinds) if other == kind] for kind in sorted(set(self.kinds))}
        result = {kind: [int(right[members].sum()), len(members)] for kind, members in of.items()}
        print("  " + "  ".join(f"{kind} {part[0]}/{part[1]}" for kind, part in result.items()), flush=True)
        return result

    def is_matrix(self, name: str, weight: Tensor) -> bool:
        return weight.ndim == 2 and "layers." in name


def train(recipe: LanguageRecipe, data: Path, run: Path, threads: int, compiled: bool = False) -> None:
    """Writes run/state.pt and run/log.json. The tokenizer is that of run/tokenizer."""
    torch.set_num_threads(threads)
    task = Reading(recipe, data, open_tokenizer(run / "tokenizer"))
    run_training(task, recipe, settings(recipe), run, threads, compiled)
