"""Starts an expert from the first layers of the course's classifier, as Eagle's experts start from models that were
trained before. For patches of another size, the patch embedding is resampled as FlexiViT does it (Beyer et al.,
arXiv 2212.08013), and the position embeddings are interpolated.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import CLIPVisionConfig, ViTConfig, ViTForImageClassification

from ..paths import MODELS

ATTENTION = {"attention.q_proj": "self_attn.q_proj", "attention.k_proj": "self_attn.k_proj",
             "attention.v_proj": "self_attn.v_proj", "attention.o_proj": "self_attn.out_proj",
             "layernorm_before": "layer_norm1", "layernorm_after": "layer_norm2"}  # fmt: skip


def vit_weights(model: str, config: ViTConfig) -> dict[str, Tensor]:
    """Weights for a ViTModel of config's sizes, without its layernorm and pooler, from public/models/<model>."""
    old = ViTForImageClassification.from_pretrained(source(model), dtype=torch.float32).vit
    width, layers = old.config.hidden_size, old.config.num_hidden_layers
    if config.hidden_size != width or config.num_hidden_layers > layers:
        raise SystemExit(
            f"warm start: expected at most {layers} layers of {width} channels, as {model} has, "
            f"got {config.num_hidden_layers} of {config.hidden_size}"
        )
    kept = [f"layers.{i}." for i in range(config.num_hidden_layers)] + ["embeddings."]
    named = {name: weight for name, weight in old.state_dict().items() if name.startswith(tuple(kept))}
    patch, places = "embeddings.patch_embeddings.projection.weight", "embeddings.position_embeddings"
    named[patch] = resampled_patch(named[patch], config.patch_size)
    named[places] = resampled_places(named[places], config.image_size // config.patch_size)
    return named


def clip_weights(model: str, config: CLIPVisionConfig) -> dict[str, Tensor]:
    """The same for a CLIPVisionTransformer, whose patch embedding has no bias: it goes into the positions."""
    vit = vit_weights(model, config)
    bias = vit.pop("embeddings.patch_embeddings.projection.bias")
    places = vit.pop("embeddings.position_embeddings")[0]
    places[1:] += bias
    named = {
        "embeddings.class_embedding": vit.pop("embeddings.cls_token")[0, 0],
        "embeddings.patch_embedding.weight": vit.pop("embeddings.patch_embeddings.projection.weight"),
        "embeddings.position_embedding.weight": places,
    }
    for name, weight in vit.items():
        _, layer, rest = name.split(".", 2)
        for old, new in ATTENTION.items():
            rest = rest.replace(old, new)
        named[f"encoder.layers.{layer}.{rest}"] = weight
    return named


def source(model: str) -> Path:
    path = MODELS / model / "model.safetensors"
    if not path.exists():
        raise SystemExit(f"warm start: expected {model}'s weights at {path}, found none; train it first or clear `start`")
    return path.parent


def resampled_patch(weight: Tensor, size: int) -> Tensor:
    """[D, 3, P, P] -> [D, 3, size, size]: on a patch that is enlarged to P, the old gives what the new gives on the patch."""
    old = weight.shape[2]
    if old == size:
        return weight
    each = torch.eye(size * size).view(size * size, 1, size, size)
    enlarge = F.interpolate(each, (old, old), mode="bilinear", align_corners=False).flatten(1)  # [s², P²]
    return (weight.flatten(2) @ enlarge.T).view(*weight.shape[:2], size, size)


def resampled_places(places: Tensor, side: int) -> Tensor:
    """[1, 1 + g², D] -> [1, 1 + side², D]"""
    grid = round((places.shape[1] - 1) ** 0.5)
    if grid == side:
        return places
    plane = places[:, 1:].transpose(1, 2).unflatten(2, (grid, grid))
    plane = F.interpolate(plane, (side, side), mode="bicubic", align_corners=False)
    return torch.cat([places[:, :1], plane.flatten(2).transpose(1, 2)], 1)
