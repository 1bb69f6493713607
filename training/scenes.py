"""Draws the scenes of each split with the course's own generator, `npm run scenes`."""

import subprocess
from pathlib import Path

from .paths import DATA, ROOT

PART = 25_000


def draw(split: str, count: int, folder: Path, extra: list[str] = []) -> None:
    if (folder / "meta.json").exists():
        return
    command = ["npm", "run", "--silent", "scenes", "--", "--split", split, "--count", str(count), "--things", "1"]
    subprocess.run([*command, *extra, "--out", str(folder)], cwd=ROOT, check=True)


def draw_all(train: int, evaluated: int, data: Path = DATA) -> dict[str, list[Path]]:
    """Training scenes in parts of PART, augmented; test and held-out scenes plain. Parts that exist are kept."""
    folders: dict[str, list[Path]] = {"train": [], "test": [], "heldout": []}
    for first in range(0, train, PART):
        folders["train"].append(data / f"train-{first:07d}")
        draw("train", min(PART, train - first), folders["train"][-1], ["--augment", "--from", str(first)])
    for split in ("test", "heldout"):
        folders[split].append(data / split)
        draw(split, evaluated, folders[split][0])
    return folders


def existing(data: Path = DATA) -> dict[str, list[Path]]:
    """The folders of scenes that are complete: meta.json is written last."""
    parts = sorted(path.parent for path in data.glob("*/meta.json"))
    splits = ("train", "test", "heldout")
    return {split: [part for part in parts if part.name.split("-")[0] == split] for split in splits}
