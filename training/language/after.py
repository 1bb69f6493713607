"""What the language model inside a model with pictures still knows of text: `llama-tiny`'s own questions and documents, put
to it without a picture, after each stage that ships.

    python -m training text-after eagle        -> public/models/eagle/text.json

Where the language model was frozen, its weights are `llama-tiny`'s and so are its numbers; that is told, not measured twice.
"""

import json
from datetime import date
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import LlamaForCausalLM

from ..vlm.stages import load_stage, same, stages_of
from . import corpus
from .evaluate import answer, measure, perplexity
from .tokenizer import open_tokenizer

PREFIX = "language_model."
FILE = "text.json"


def text_after(folder: Path, teacher: Path, data: Path, command: str, threads: int, limit: int | None = None) -> None:
    """`folder`: a model with its stages; `teacher`: the language model that it started from. Writes folder/text.json."""
    torch.set_num_threads(threads)
    weights = load_file(teacher / "model.safetensors")
    result = {"model": folder.name, "command": command, "date": date.today().isoformat()}
    result |= {"start": {"model": teacher.name, **known(teacher, weights, data, limit)}, "stages": {}}
    for name in [*(stage["name"] for stage in stages_of(folder)), None]:
        state = load_stage(folder, name)[1] if name else load_file(folder / "model.safetensors")
        inside = {key.removeprefix(PREFIX): value for key, value in state.items() if key.startswith(PREFIX)}
        frozen = all(key in inside and same(inside[key], value) for key, value in weights.items())
        numbers = {"splits": result["start"]["splits"], "perplexity": result["start"]["perplexity"]}
        result["stages"][name or "finished"] = {"frozen": frozen, **(numbers if frozen else known(teacher, inside, data, limit))}
        tell(f"{folder.name}, {name or 'finished'}", result["stages"][name or "finished"])
    (folder / FILE).write_text(json.dumps(result, indent=1) + "\n")


def known(teacher: Path, weights: dict[str, Tensor], data: Path, limit: int | None) -> dict:
    """The share of right answers and the perplexity of a language model with these weights, in f32."""
    tokenizer = open_tokenizer(teacher)
    model = LlamaForCausalLM.from_pretrained(teacher, dtype=torch.float32).eval()
    missing, more = model.load_state_dict({key: value.float() for key, value in weights.items()}, strict=False)
    if more or set(missing) - {"lm_head.weight"}:  # tied to the embeddings
        raise SystemExit(f"text-after: expected the weights of {teacher.name}, missing {missing}, and more {more}")
    questions, documents = corpus.questions(data), corpus.documents(data, "test")[:limit]
    if limit:
        questions = questions[:: max(1, len(questions) // limit)]
    return {
        "splits": measure(questions, answer(model, tokenizer, questions)),
        "perplexity": perplexity(model, tokenizer, documents),
    }


def tell(name: str, numbers: dict) -> None:
    shares = ", ".join(f"{split} {part['accuracy']:.1%} of {part['count']}" for split, part in numbers["splits"].items())
    print(f"{name}: {shares}; perplexity {numbers['perplexity']['all']['perplexity']}{' (frozen)' * numbers['frozen']}", flush=True)
