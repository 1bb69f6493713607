"""What torch and transformers make of single operations: resizing, convolution, grid sampling, activations, RoPE.

tests/fixtures/operations/cases.json names the cases and their options; golden.safetensors holds their inputs and outputs
as <case>.x, <case>.y and so on.
"""

import json

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from transformers import LlamaConfig
from transformers.activations import ACT2FN
from transformers.models.llama.modeling_llama import LlamaRMSNorm, LlamaRotaryEmbedding, apply_rotary_pos_emb

from ..paths import FIXTURES

Case = tuple[dict, dict[str, torch.Tensor]]
"""Options under the names that lib/nn gives them, and tensors."""

LLAMA3 = {"low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}


def write() -> None:
    torch.manual_seed(5)
    cases = {"interpolate": resized(), "conv2d": convolved(), "gridSample": sampled(), "pixelShuffle": shuffled()}
    cases |= {"activation": activated(), "rmsNorm": normalised(), "rope": rotated()}
    target = FIXTURES / "operations"
    target.mkdir(parents=True, exist_ok=True)
    names, tensors = {}, {}
    for operation, list_of_cases in cases.items():
        names[operation] = []
        for i, (options, values) in enumerate(list_of_cases):
            name = f"{operation}.{i}"
            names[operation].append({"name": name, **options})
            tensors |= {f"{name}.{key}": value.float().clone().contiguous() for key, value in values.items()}
    (target / "cases.json").write_text(json.dumps(names, indent=2) + "\n", encoding="utf-8")
    save_file(tensors, target / "golden.safetensors", metadata={"command": "python -m training architectures operations"})


def resized() -> list[Case]:
    """Larger, smaller, larger one way and smaller the other, to and from one pixel; and by torch's scale_factor."""
    sizes = [((5, 7), (11, 9)), ((9, 13), (4, 5)), ((6, 5), (4, 8)), ((5, 4), (1, 1)), ((1, 1), (3, 2))]
    modes = [
        {"mode": mode} | extra
        for mode in ("bilinear", "bicubic")
        for extra in ({}, {"alignCorners": True}, {"antialias": True})
    ]
    cases = []
    for options in modes:
        arguments = {"mode": options["mode"], "antialias": options.get("antialias", False)}
        arguments["align_corners"] = options.get("alignCorners", False)
        for before, after in sizes:
            x = torch.randn(1, 2, *before)
            cases.append((options, {"x": x, "y": F.interpolate(x, size=after, **arguments)}))
        if not arguments["align_corners"]:  # torch then ignores the factor
            x = torch.randn(2, 1, 5, 7)
            scale = [9.1 / 5, 4.1 / 7]  # 9 × 4 pixels, but not by 9 / 5 and 4 / 7
            cases.append((options | {"scale": scale}, {"x": x, "y": F.interpolate(x, scale_factor=scale, **arguments)}))
    return cases


def convolved() -> list[Case]:
    cases = []
    for channels, outputs, kernel, options in [
        (3, 5, (3, 3), {"padding": 1}),
        (4, 6, (1, 1), {}),
        (3, 4, (3, 2), {"stride": 2}),
        (6, 4, (3, 3), {"groups": 2, "padding": 1}),
        (5, 5, (7, 7), {"groups": 5, "padding": 3}),
        (3, 6, (3, 3), {"groups": 3, "stride": 2, "padding": 1}),
        (4, 2, (1, 1), {"stride": 2, "groups": 2}),
    ]:
        x = torch.randn(2, channels, 8, 7)
        weight = torch.randn(outputs, channels // options.get("groups", 1), *kernel)
        for bias in (torch.randn(outputs), None):
            tensors = {"x": x, "weight": weight, "y": F.conv2d(x, weight, bias, **options)}
            cases.append((options, tensors if bias is None else tensors | {"bias": bias}))
    return cases


def sampled() -> list[Case]:
    x, grid = torch.randn(2, 3, 5, 6), torch.rand(2, 4, 7, 2) * 2.6 - 1.3
    return [({}, {"x": x, "grid": grid, "y": F.grid_sample(x, grid, align_corners=False)})]


def shuffled() -> list[Case]:
    x = torch.randn(2, 3, 4, 6)
    return [({"factor": 2}, {"x": x, "y": F.pixel_unshuffle(x, 2)})]


def activated() -> list[Case]:
    x = torch.linspace(-8, 8, 161)
    names = ["gelu", "gelu_pytorch_tanh", "gelu_new", "quick_gelu", "silu", "relu", "tanh"]
    return [({"activation": name}, {"x": x, "y": ACT2FN[name](x)}) for name in names]


def normalised() -> list[Case]:
    norm = LlamaRMSNorm(20, eps=1e-5)
    norm.weight.data = torch.randn(20)
    x = torch.randn(2, 3, 20) * 3
    return [({"eps": 1e-5}, {"x": x, "weight": norm.weight.data, "y": norm(x).detach()})]


def rotated() -> list[Case]:
    """Llama 2, 3.2 1B and 3.1 8B, SmolLM2, and a small linear one, up to the last of 131,072 positions."""
    positions = torch.tensor([[0, 1, 5, 1000, 8191, 50001, 131071], [3, 2, 1, 65537, 99991, 131070, 131071]])
    cases = []
    for theta, size, scaling in [
        (10_000.0, 128, {"rope_type": "default"}),
        (100_000.0, 64, {"rope_type": "default"}),
        (10_000.0, 12, {"rope_type": "linear", "factor": 2.5}),
        (500_000.0, 64, {"rope_type": "llama3", "factor": 32.0} | LLAMA3),
        (500_000.0, 128, {"rope_type": "llama3", "factor": 8.0} | LLAMA3),
    ]:
        config = LlamaConfig(
            hidden_size=size * 3,
            num_attention_heads=3,
            head_dim=size,
            max_position_embeddings=131_072,
            rope_parameters={"rope_theta": theta} | scaling,
        )
        rotary = LlamaRotaryEmbedding(config)
        x = torch.randn(2, 3, positions.shape[1], size)
        cos, sin = rotary(x, positions)
        turned, _ = apply_rotary_pos_emb(x, x, cos, sin)
        tensors = {"frequencies": rotary.inv_freq, "positions": positions, "cos": cos, "sin": sin, "x": x, "y": turned}
        camel = {camel_case(key): value for key, value in scaling.items()}
        cases.append(({"headDim": size, "ropeTheta": theta, "ropeScaling": camel}, tensors))
    return cases


def camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
