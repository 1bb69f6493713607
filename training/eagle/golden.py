"""Goldens for tests/models/eagle-trained.test.ts: the first evaluation question through PyTorch, by what is shipped and by
each of its stages."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from ..data import normalise
from ..experts.data import SPLITS
from ..vlm.questions import questions_of
from ..vlm.rows import Asked, pack
from ..vlm.stages import stages_of
from .export import opened
from .stages import Parts

SCENES = (0, 3)  # the first of each split, and another


@torch.no_grad()
def write_golden(parts: Parts, out: Path, folder: Path) -> None:
    golden: dict[str, torch.Tensor] = {}
    questions = []
    for stage in (None, *(entry["name"] for entry in stages_of(out))):
        model, prompts = opened(out, stage)
        for split, name in SPLITS.items():
            for i in SCENES:
                question = questions_of(parts.data[name], i + 1)[i][0].question
                rows = pack([[Asked(prompts.ask(question).prompt, ())]], prompts)
                pixels = normalise(parts.data[name].rows(torch.tensor([i]).numpy()))
                features = model.image_features(model.maps(pixels), pixels)
                key = f"{stage or 'final'}.{split}.{i}"
                golden[f"{key}.logits"] = model.logits(features, *rows.tensors()[:4])[0, 0].contiguous()
                if stage is None:
                    golden[f"{key}.input_ids"] = rows.input_ids[0].float()
                    golden[f"{key}.image_features"] = features[0].contiguous()
                    questions.append({"split": split, "scene": i, "question": question})
    folder.mkdir(parents=True, exist_ok=True)
    save_file(golden, folder / "golden.safetensors")
    (folder / "questions.json").write_text(json.dumps(questions, indent=1) + "\n")
