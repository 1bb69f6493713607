"""Training: `python -m training llama-tiny train`. Resumes where it stopped; rows follow from the seed and the step alone."""

import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import LlamaConfig, PreTrainedTokenizerFast

from ..train import learning_rate, optimizers
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
    for start in range(0, min(count, len(documents)), 16):
        rows = [np.array([i]) for i in range(start, min(start + 16, count, len(documents)))]
        rows = [row for row in rows if documents.starts[row[0] + 1] - documents.starts[row[0]] <= length + 1]
        input_ids, labels, weights, document = batch(documents, rows, length, padding, 0.5)
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
    right: list[bool] = []
    for start in range(0, len(asked), 16):
        rows = [np.array([i]) for i in range(start, min(start + 16, len(asked)))]
        input_ids, labels, weights, document = batch(asked, rows, length, padding, 0.5)
        best = model(input_ids, document).argmax(-1)
        right += ((best == labels) | (weights != 1)).all(1).tolist()
    return np.array(right)


def as_documents(questions: list[dict], tokenizer: PreTrainedTokenizerFast) -> Documents:
    chats = [{"messages": [*q["messages"], {"role": "assistant", "content": q["answer"]}]} for q in questions]
    return encode(chats, tokenizer)


def train(recipe: LanguageRecipe, data: Path, run: Path, threads: int, compiled: bool = False) -> None:
    """Writes run/state.pt and run/log.json. The tokenizer is that of run/tokenizer."""
    torch.set_num_threads(threads)
    torch.manual_seed(recipe.seed)
    tokenizer = open_tokenizer(run / "tokenizer")
    padding = tokenizer.pad_token_id
    documents = encode(corpus.documents(data, "train"), tokenizer)
    test = encode(corpus.documents(data, "test"), tokenizer)
    questions = corpus.questions(data)
    chosen = np.random.default_rng(recipe.seed).permutation(len(questions))[: recipe.eval_subset]
    asked = as_documents([questions[i] for i in chosen], tokenizer)
    rows = pack(documents, recipe.length, recipe.seed)
    filled = len(documents.tokens) / (len(rows) * recipe.length)
    print(f"{len(documents):,} documents, {len(documents.tokens):,} tokens, {len(rows):,} rows, {filled:.1%} full", flush=True)

    model = TrainingLlama(llama_config(recipe, tokenizer), recipe.length)
    average = TrainingLlama(model.config, recipe.length)
    average.load_state_dict(model.state_dict())
    objective = torch.compile(losses, dynamic=False) if compiled else losses
    log: dict = {"recipe": settings(recipe), "steps": [], "evaluations": []}
    step, seconds, read = 0, 0.0, 0
    steppers = optimizers(model.model, recipe, step)  # the classifier's: Muon for the layers' matrices, AdamW for the rest
    if (run / "state.pt").exists():
        state = torch.load(run / "state.pt", weights_only=False)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        step, seconds, read, log = state["step"], state["seconds"], state["tokens"], state["log"]
        steppers = optimizers(model.model, recipe, max(0, step - 1))
        for stepper, saved in zip(steppers, state["optimizers"], strict=True):
            stepper.load_state_dict(saved)
        log["recipe"] = settings(recipe)
        print(f"resumes at step {step} of {recipe.steps}", flush=True)
    log.setdefault("sessions", []).append({"fromStep": step, "documents": len(documents), "threads": threads})

    def save() -> None:
        state = {"model": model.state_dict(), "average": average.state_dict(), "step": step, "seconds": seconds}
        state |= {"optimizers": [stepper.state_dict() for stepper in steppers], "log": log, "tokens": read}
        torch.save(state, run / "state.tmp")
        (run / "state.tmp").replace(run / "state.pt")  # a stop in the middle of writing loses nothing
        (run / "log.json").write_text(json.dumps(log))

    def evaluate() -> None:
        measured = perplexity(average, test, recipe.eval_subset, recipe.length, padding)
        share = float(exact(average, asked, recipe.length, padding).mean())
        result = {"step": step, "tokens": read, "seconds": round(seconds), "accuracy": round(share, 4)}
        log["evaluations"].append(result | {f"perplexity_{name}": round(v, 4) for name, v in measured.items()})
        print(f"  questions {share:.1%}, perplexity {measured['all']:.3f}, of what it says {measured['said']:.3f}", flush=True)

    sums = {"loss": 0.0, "right": 0.0, "seen": 0}
    while True:
        if step % recipe.eval_every == 0 or step >= recipe.steps:
            if not any(e["step"] == step for e in log["evaluations"]):
                evaluate()
        if step >= recipe.steps:
            break
        if step == recipe.muon_from and step > 0:
            steppers = optimizers(model.model, recipe, step)
        began = time.time()
        first = step * recipe.batch_size
        order = np.random.default_rng([recipe.seed, first // len(rows)]).permutation(len(rows))  # of this pass over all
        picked = [rows[order[(first + i) % len(rows)]] for i in range(recipe.batch_size)]
        input_ids, labels, weights, document = batch(documents, picked, recipe.length, padding, recipe.prompt_weight)
        rate = learning_rate(step, recipe)
        for stepper in steppers:
            for group in stepper.param_groups:
                group["lr"] = rate
            stepper.zero_grad(set_to_none=True)
        loss, right = objective(model, input_ids, labels, weights, document)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        if not math.isfinite(float(norm)):
            raise SystemExit(f"training: expected a finite gradient at step {step}, got {float(norm)}; lower the lr")
        for stepper in steppers:
            stepper.step()
        step += 1
        decay = min(recipe.ema, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)
        seconds += time.time() - began
        read += int((document >= 0).sum())
        sums["loss"] += float(loss.detach())
        sums["right"] += float(right)
        sums["seen"] += 1
        if step % recipe.log_every == 0:
            entry = {"step": step, "samples": step * recipe.batch_size, "tokens": read, "seconds": round(seconds, 1)}
            entry |= {"loss": round(sums["loss"] / sums["seen"], 4), "lr": rate}
            entry |= {"accuracy": round(sums["right"] / sums["seen"], 4)}
            log["steps"].append(entry)
            sums = {"loss": 0.0, "right": 0.0, "seen": 0}
            left = (recipe.steps - step) * seconds / step / 60
            print(
                f"step {step}/{recipe.steps}  loss {entry['loss']:.3f}  tokens right {entry['accuracy']:.1%}  "
                f"lr {rate:.1e}  {read / max(seconds, 1e-9):.0f} tokens/s  {left:.0f} min left",
                flush=True,
            )
        if step % recipe.save_every == 0:
            save()
    save()
