"""What a language model knows: perplexity of unseen documents, closed questions answered greedily and compared exactly.

`answer` and `measure` take any model with `generate`, so that later stages, with pictures or without, answer the same
questions: python -m training llama-tiny evaluate.
"""

import json
import math
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from ..evaluate import share
from . import corpus
from .rows import encode
from .tokenizer import open_tokenizer

COMPARED = 500  # questions, of which f32's answers are compared with f16's
MOST = 24  # new tokens: the longest answer has fewer


@torch.no_grad()
def answer(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, questions: list[dict], size: int = 64) -> list[str]:
    """Greedy answers, in the order of the questions; asked in batches of like lengths, padded at the left."""
    prompts = [
        tokenizer.apply_chat_template(q["messages"], add_generation_prompt=True, tokenize=False) for q in questions
    ]
    rows = [tokenizer(prompt, add_special_tokens=False).input_ids for prompt in prompts]
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    answers = [""] * len(rows)
    for start in range(0, len(order), size):
        part = order[start : start + size]
        batch = tokenizer.pad({"input_ids": [rows[i] for i in part]}, padding_side="left", return_tensors="pt")
        out = model.generate(**batch, max_new_tokens=MOST, do_sample=False)
        for i, row in zip(part, out[:, batch["input_ids"].shape[1] :]):
            answers[i] = tokenizer.decode(row, skip_special_tokens=True)
    return answers


def measure(questions: list[dict], answers: list[str]) -> dict:
    """Share of right answers, by whether training held the question out, and by kind. `commonest` is what saying the
    kind's commonest answer would get: what a model can reach without reading."""
    right = np.array([given == q["answer"] for q, given in zip(questions, answers, strict=True)])
    held_out = np.array([q["heldOut"] for q in questions])
    kinds = np.array([q["kind"] for q in questions])
    result = {}
    for name, chosen in (("training", ~held_out), ("heldOut", held_out)):
        part = {**share(right[chosen]), "kinds": {}}
        for kind in sorted(set(kinds[chosen])):
            of = np.flatnonzero(chosen & (kinds == kind))
            most = Counter(questions[i]["answer"] for i in of).most_common(1)[0][1]
            part["kinds"][str(kind)] = {**share(right[of]), "commonest": round(most / len(of), 4)}
        result[name] = part
    return result


@torch.no_grad()
def perplexity(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, documents: list[dict], size: int = 16) -> dict:
    """Of whole documents, each on its own: over all tokens behind the first, and over those that are the model's to say."""
    encoded = encode(documents, tokenizer)
    sums = {"all": [0.0, 0], "said": [0.0, 0]}
    for start in range(0, len(encoded), size):
        bounds = [(encoded.starts[i], encoded.starts[i + 1]) for i in range(start, min(start + size, len(encoded)))]
        rows = [torch.from_numpy(encoded.tokens[a:b].astype(np.int64)) for a, b in bounds]
        said = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(encoded.weights[a:b]) for a, b in bounds], True, False)
        input_ids = torch.nn.utils.rnn.pad_sequence(rows, True, tokenizer.pad_token_id)
        logits = model(input_ids=input_ids, attention_mask=(input_ids != tokenizer.pad_token_id).long()).logits
        each = F.cross_entropy(logits[:, :-1].flatten(0, 1), input_ids[:, 1:].flatten(), reduction="none")
        each = each.view_as(input_ids[:, 1:])
        for name, chosen in (("all", input_ids[:, 1:] != tokenizer.pad_token_id), ("said", said[:, 1:])):
            sums[name][0] += float(each[chosen].sum())
            sums[name][1] += int(chosen.sum())
    values = {name: {"perplexity": round(math.exp(s / n), 4), "tokens": n} for name, (s, n) in sums.items()}
    return {"documents": len(encoded), **values}


def evaluate(
    data: Path, run: Path, out: Path, command: str, threads: int, limit: int | None = None, more: dict | None = None
) -> None:
    """Writes out/eval.json, with `more` in it, and run/answers.jsonl: each question with the model's answer."""
    torch.set_num_threads(threads)
    tokenizer = open_tokenizer(out)
    model = LlamaForCausalLM.from_pretrained(out, dtype=torch.float32).eval()
    whole = LlamaForCausalLM.from_pretrained(run / "f32", dtype=torch.float32).eval()
    questions, documents = corpus.questions(data), corpus.documents(data, "test")[:limit]
    if limit:
        questions = questions[:: max(1, len(questions) // limit)]
    answers = answer(model, tokenizer, questions)
    compared = range(0, len(questions), max(1, len(questions) // COMPARED))
    some = [questions[i] for i in compared]
    full, half = answer(whole, tokenizer, some), [answers[i] for i in compared]
    lines = [json.dumps({**q, "given": given}, ensure_ascii=False) for q, given in zip(questions, answers)]
    (run / "answers.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = {
        "model": out.name,
        "task": "text",
        "command": command,
        "date": date.today().isoformat(),
        "splits": measure(questions, answers),
        "perplexity": perplexity(model, tokenizer, documents),
        "parameters": model.num_parameters(),
        "bytes": (out / "model.safetensors").stat().st_size,
        "f16": {
            "questions": len(some),
            "f32Accuracy": round(float(np.mean([q["answer"] == given for q, given in zip(some, full)])), 4),
            "f16Accuracy": round(float(np.mean([q["answer"] == given for q, given in zip(some, half)])), 4),
            "answersThatDiffer": sum(a != b for a, b in zip(half, full)),
            "f32Perplexity": perplexity(whole, tokenizer, documents)["all"]["perplexity"],
        },
        **(more or {}),
    }
    (out / "eval.json").write_text(json.dumps(result, indent=1) + "\n")
    for name, part in result["splits"].items():
        print(f"{name}: {part['accuracy']:.2%} of {part['count']} questions, 95 % interval {part['interval95']}")
    print(f"perplexity {result['perplexity']['all']['perplexity']}, f16 differs in {result['f16']['answersThatDiffer']}")
