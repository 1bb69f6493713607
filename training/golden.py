"""Golden fixtures of the trained model: `python -m training vit-classifier golden`.

Eight scenes of one thing, half in training styles and half in the held-out style, drawn by the generator; what
`transformers` answers, in f32 from the exported f16 weights, with attn_implementation="eager". The pixels are in the
file too, so that a test of the model needs no sprites.
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from .data import normalise, open_scenes
from .fixtures import reference_outputs
from .vit import hub_model

PER_SPLIT = 4
COMMAND = "python -m training vit-classifier golden"


def write_golden(data: dict[str, list[Path]], model: Path, out: Path) -> None:
    pixels, labels, styles, scenes = [], [], [], []
    for split in ("test", "heldout"):
        drawn = open_scenes(data[split])
        chosen = different(drawn.labels, PER_SPLIT)
        batch, truth, _ = drawn.batch(chosen)
        pixels.append(batch)
        labels += [drawn.meta["things"][i] for i in truth]
        styles += [drawn.meta["styles"][i] for i in drawn.styles[chosen]]
        scenes += chosen_scenes(data[split][0], chosen)
    batch = torch.cat(pixels)
    outputs = reference_outputs(hub_model(str(model)), normalise(batch))
    golden = {"pixels": batch.contiguous(), "pixel_values": outputs["pixel_values"][:1].contiguous()}
    for name, value in outputs.items():
        if name == "logits" or name.startswith("attentions."):
            golden[name] = value
        elif name.startswith("hidden_states.") or name == "last_hidden_state":
            golden[name] = value[:1].contiguous()  # of the first scene: enough to find the layer that differs
    out.mkdir(parents=True, exist_ok=True)
    layout = "pixels [8, 128, 128, 3]; logits [8, K]; attentions.i [8, H, T, T]; of scene 0 alone: pixel_values, hidden states"
    save_file(golden, out / "golden.safetensors", metadata={"command": COMMAND, "layout": layout})
    (out / "golden.safetensors").chmod(0o644)
    names = hub_model(str(model)).config.id2label
    top = [names[int(i)] for i in outputs["logits"].argmax(1)]
    listed = [
        {"truth": truth, "style": style, "answer": answer, "scene": scene}
        for truth, style, answer, scene in zip(labels, styles, top, scenes)
    ]
    (out / "scenes.json").write_text(json.dumps(listed, indent=1) + "\n")
    for entry in listed:
        print(f"golden: a {entry['truth']} in {entry['style']} is called {entry['answer']}")


def different(labels: np.ndarray, count: int) -> np.ndarray:
    """The first `count` scenes that each show another thing."""
    _, first = np.unique(labels, return_index=True)
    return np.sort(first)[:count]


def chosen_scenes(folder: Path, indices: np.ndarray) -> list[dict]:
    lines = (folder / "scenes.jsonl").read_text().splitlines() if (folder / "scenes.jsonl").exists() else []
    return [json.loads(lines[i]) if lines else {} for i in indices]
