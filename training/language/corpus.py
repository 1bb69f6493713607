"""The text corpus, written by the course's own grammar, `npm run stories`."""

import json
import subprocess
from pathlib import Path

from ..paths import ROOT
from .recipe import LanguageRecipe


def write_corpus(recipe: LanguageRecipe, data: Path) -> None:
    """data/{train,test}: documents.jsonl, and the test's questions.jsonl. What is there with these counts is kept."""
    for split, count, first in (("train", recipe.train_documents, recipe.first_documents), ("test", recipe.test_documents, 0)):
        meta = data / split / "meta.json"
        known = json.loads(meta.read_text()) if meta.exists() else {}
        if (known.get("count"), known.get("first")) == (count, first):
            continue
        command = ["npm", "run", "--silent", "stories", "--", "--split", split, "--count", str(count), "--first", str(first)]
        command += ["--questions", str(recipe.question_stories), "--out", str(data / split)]
        subprocess.run(command, cwd=ROOT, check=True)


def read_lines(path: Path) -> list[dict]:
    if not path.exists():
        raise SystemExit(f"corpus: expected {path}, found none; `python -m training llama-tiny corpus` writes it")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def documents(data: Path, split: str) -> list[dict]:
    return read_lines(data / split / "documents.jsonl")


def questions(data: Path) -> list[dict]:
    return read_lines(data / "test" / "questions.jsonl")
