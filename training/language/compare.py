"""llama-small beside its teacher and its two controls: the same questions, each answer greedy and compared letter by letter."""

import json
from pathlib import Path

import torch

from . import corpus
from .evaluate import measure
from .llama import TrainingLlama
from .recipe import SmallRecipe
from .rows import encode
from .small import open_training, pruned
from .tokenizer import open_tokenizer
from .train import as_documents, exact, perplexity


def compare(recipe: SmallRecipe, data: Path, teacher_folder: Path, run: Path) -> dict:
    """-> {teacher, student, prunedOnly, fromScratch}: right answers in both splits, perplexity; in f32."""
    student, scratch = pruned(run, recipe.length), pruned(run, recipe.length)
    student.load_state_dict(torch.load(run / "state.pt", weights_only=False)["average"])
    scratch.load_state_dict(torch.load(run / "scratch" / "state.pt", weights_only=False)["average"])
    models = {
        "teacher": open_training(teacher_folder, recipe.length),
        "student": student,
        "prunedOnly": pruned(run, recipe.length),
        "fromScratch": scratch,
    }
    tokenizer = open_tokenizer(teacher_folder)
    questions, documents = corpus.questions(data), encode(corpus.documents(data, "test"), tokenizer)
    asked = as_documents(questions, tokenizer)

    def score(model: TrainingLlama) -> dict:
        right = exact(model, asked, recipe.length, tokenizer.pad_token_id)
        given = [q["answer"] if one else "" for q, one in zip(questions, right, strict=True)]
        splits = {name: {**part, "kinds": None} for name, part in measure(questions, given).items()}
        for part in splits.values():
            del part["kinds"]
        values = perplexity(model, documents, len(documents), recipe.length, tokenizer.pad_token_id)
        return {"splits": splits, "perplexity": round(values["all"], 4), "parameters": sum(w.numel() for w in model.parameters())}

    scores = {name: score(model.eval()) for name, model in models.items()}
    of = {name: total(part["splits"]) for name, part in scores.items()}
    share = round(of["student"] / of["teacher"], 4) if of["teacher"] else 0.0
    print(f"compare: right of all questions {of}; the student has {share:.1%} of the teacher's")
    logs = {"student": run / "log.json", "fromScratch": run / "scratch" / "log.json"}
    curves = {name: json.loads(path.read_text())["evaluations"] for name, path in logs.items()}
    return {
        "comparison": {**scores, "shareOfTeacher": share, "curves": curves},
        "pruning": json.loads((run / "pruned.json").read_text()),
    }


def total(splits: dict) -> float:
    return round(sum(part["right"] for part in splits.values()) / sum(part["count"] for part in splits.values()), 4)
