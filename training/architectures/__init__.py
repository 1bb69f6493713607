"""Golden fixtures of every architecture: small checkpoints of odd sizes with random weights, and what their reference
implementation makes of them. `python -m training architectures [family ...]` writes them into tests/fixtures.

A family is a module here with a function `write()`. The numbers are those of `transformers`, or of the plain PyTorch in
training/oracles where there is no implementation, computed in f32 on the CPU. Tensor names in the files are those that
checkpoints on the Hub carry, which are not always those under which this version of `transformers` saves.
"""

import importlib
import json
import pkgutil
import shutil

import torch
from safetensors.torch import save_file

from ..paths import FIXTURES


def families() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def write(names: list[str]) -> None:
    """Writes the fixtures of the named families, or of all of them."""
    for name in names or families():
        importlib.import_module(f".{name}", __name__).write()
        print(f"fixtures: {name}")


def randomise(model: torch.nn.Module, seed: int, scale: float = 0.25) -> None:
    """Random weights, large enough that each bias, each scale and the order of the heads change the answer."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator) * scale)
            if "norm" in name and name.endswith("weight"):
                weight.add_(1)
    model.eval()


def save(
    folder: str,
    config: dict,
    weights: dict[str, torch.Tensor],
    golden: dict[str, torch.Tensor],
    files: dict[str, dict | str] | None = None,
    family: str = "",
) -> None:
    """A checkpoint in Hugging Face layout in tests/fixtures/<folder>, golden.safetensors beside it.

    `files` are further files by name: a dict is written as JSON. Weights keep their dtype; floats of goldens become f32.
    """
    target = FIXTURES / folder
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name, content in {"config.json": config, **(files or {})}.items():
        text = content if isinstance(content, str) else json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        (target / name).write_text(text, encoding="utf-8")
    command = f"python -m training architectures {family}".strip()
    own = {name: value.detach().clone().contiguous() for name, value in weights.items()}
    save_file(own, target / "model.safetensors", metadata={"format": "pt"})
    kept = {
        name: (value.detach().float() if value.is_floating_point() else value.detach()).clone().contiguous()
        for name, value in golden.items()
    }
    save_file(kept, target / "golden.safetensors", metadata={"command": command})
