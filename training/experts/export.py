"""From a training run to public/models/<expert>/: a Hugging Face folder in f16, the training log.

What is exported is the running average. The export ends with a proof: `transformers` loads the folder, and the course's
own engine, which loads it too, gives the same numbers for scenes and, where there are any, texts.
"""

import json
import subprocess
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel

from ..data import normalise
from ..paths import ROOT
from .expert import Expert


def export(expert: Expert, run: Path, out: Path) -> None:
    state = torch.load(run / "state.pt", weights_only=False)
    expert.average.load_state_dict(state["average"])
    write_folder(expert, expert.average.hub, out, torch.float16)
    facts = {"totalSteps": state["step"], "samples": state["step"] * expert.recipe.batch_size}
    facts |= {"seconds": round(state["seconds"]), "scenes": expert.scenes}
    (out / "training-log.json").write_text(json.dumps({**facts, **state["log"]}, indent=1) + "\n")
    check_engine(expert, run, out)


def write_folder(expert: Expert, hub: PreTrainedModel, folder: Path, dtype: torch.dtype) -> None:
    """config.json, model.safetensors and the processors' files, as save_pretrained writes them."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = type(hub)(hub.config)
    copy.load_state_dict(hub.state_dict())
    copy.to(dtype).save_pretrained(folder)
    expert.save_processor(folder)
    (folder / "model.safetensors").chmod(0o644)


def hub_model(expert: Expert, folder: Path) -> PreTrainedModel:
    """The exported model, loaded by `transformers`: f32 computation."""
    return expert.hub_class.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def check_engine(expert: Expert, run: Path, out: Path) -> None:
    """scripts/check-expert.ts compares the engine with these goldens, and fails above 1e-4 of the largest number."""
    golden = write_golden(expert, out, run / "golden")
    command = ["npx", "tsx", "scripts/check-expert.ts", "--model", str(out), "--golden", str(golden)]
    subprocess.run(command, cwd=ROOT, check=True)


def write_fixture(expert: Expert, out: Path, folder: Path) -> None:
    """For tests/models: the scenes as the generator draws them again, in place of their pixels."""
    write_golden(expert, out, folder, each=1)
    golden = load_file(folder / "golden.safetensors")
    save_file({name: value for name, value in golden.items() if not name.startswith("pixel")}, folder / "golden.safetensors")
    scenes = [json.loads(expert.data[split].lines("scenes.jsonl")[0]) for split in ("test", "heldout")]
    (folder / "scenes.json").write_text(json.dumps(scenes) + "\n")


@torch.no_grad()
def write_golden(expert: Expert, out: Path, folder: Path, each: int = 2) -> Path:
    """So many scenes of each split, and what `transformers` makes of them. -> the folder"""
    model = hub_model(expert, out)
    pixels = torch.cat([expert.data[split].rows(np.arange(each)) for split in ("test", "heldout")])
    inputs = {"pixel_values": normalise(pixels)}
    golden: dict[str, torch.Tensor] = {"pixels": pixels.contiguous(), "pixel_values": inputs["pixel_values"]}
    texts = [captions[0] for split in ("test", "heldout") for captions in expert.data[split].captions[:each]]
    tokenizer = getattr(expert, "tokenizer", None)
    if tokenizer is not None:
        encoded = tokenizer(texts, padding=True, return_tensors="pt")
        inputs |= {"input_ids": encoded["input_ids"], "attention_mask": encoded["attention_mask"]}
        golden |= {name: value.float() for name, value in encoded.items()}
    outputs = model(**inputs)
    for name in ("logits", "last_hidden_state", "logits_per_image", "image_embeds", "text_embeds"):
        if getattr(outputs, name, None) is not None:
            golden[name] = getattr(outputs, name)
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in golden.items()}, folder / "golden.safetensors")
    (folder / "texts.json").write_text(json.dumps(texts if tokenizer is not None else []) + "\n")
    return folder
