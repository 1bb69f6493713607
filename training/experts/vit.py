"""What the experts that are a ViT share."""

from pathlib import Path

import torch
from torch import Tensor
from transformers import ViTModel
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil


def tokens_of(vit: ViTModel, values: Tensor, kept: Tensor | None) -> Tensor:
    """The last hidden state [B, 1 + M, D] of the class token and the M kept patches [B, M], or of all."""
    x = vit.embeddings(values)
    if kept is not None:
        patches = x[:, 1:].gather(1, kept[:, :, None].expand(-1, -1, x.shape[2]))
        x = torch.cat([x[:, :1], patches], 1)
    for layer in vit.layers:
        x = layer(x)
    return vit.layernorm(x)


def save_vit_processor(folder: Path) -> None:
    ViTImageProcessorPil(
        size={"height": 128, "width": 128}, resample=2, image_mean=[0.5] * 3, image_std=[0.5] * 3
    ).save_pretrained(folder)
