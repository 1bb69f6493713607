"""Golden fixtures that need no training: an odd ViT with random weights, and pictures through the image processor.

`python -m training fixtures` writes
  tests/fixtures/vit-odd/        sizes that are no powers of two and an image that is not square; weights in f32
  tests/fixtures/vit-odd-bf16/   the same weights rounded to bf16, and what the rounded weights give
  tests/fixtures/preprocess/     pictures of odd sizes, and what transformers' ViTImageProcessor (Pillow) makes of them
The numbers are those of `transformers` itself, computed in f32 with attn_implementation="eager".
"""

import numpy as np
import torch
from PIL import Image, ImageDraw
from safetensors.torch import save_file
from transformers import ViTConfig, ViTForImageClassification
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from .paths import FIXTURES

COMMAND = "python -m training fixtures"


def reference_outputs(model: ViTForImageClassification, pixel_values: torch.Tensor) -> dict[str, torch.Tensor]:
    """pixel_values [B, C, H, W] -> logits [B, K], attentions.i [B, heads, T, T], hidden_states.i [B, T, D].

    hidden_states.0 is the output of the embeddings, hidden_states.i that of layer i - 1, and last_hidden_state comes
    after the final layer norm.
    """
    with torch.no_grad():
        out = model(pixel_values=pixel_values, output_attentions=True, output_hidden_states=True)
        last = model.vit.layernorm(out.hidden_states[-1])
    golden = {"pixel_values": pixel_values, "logits": out.logits, "last_hidden_state": last}
    golden |= {f"attentions.{i}": a for i, a in enumerate(out.attentions)}
    golden |= {f"hidden_states.{i}": h for i, h in enumerate(out.hidden_states)}
    return {name: value.float().contiguous() for name, value in golden.items()}


def odd_model() -> ViTForImageClassification:
    labels = ["one", "two", "three", "four", "five", "six", "seven"]
    config = ViTConfig(
        hidden_size=36,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=50,
        image_size=[24, 40],
        patch_size=8,
        qkv_bias=True,
        id2label=dict(enumerate(labels)),
        label2id={name: i for i, name in enumerate(labels)},
        attn_implementation="eager",
    )
    model = ViTForImageClassification(config).eval()
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        # Large enough that each bias, each scale and the order of the heads change the answer.
        for name, weight in model.named_parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator) * 0.25)
            if "norm" in name and name.endswith("weight"):
                weight.add_(1)
    return model


def write_odd() -> None:
    pixel_values = torch.randn(2, 3, 24, 40, generator=torch.Generator().manual_seed(3)).clamp(-1, 1)
    processor = ViTImageProcessorPil(
        size={"height": 24, "width": 40}, resample=2, image_mean=[0.5] * 3, image_std=[0.5] * 3
    )
    for folder, dtype in (("vit-odd", torch.float32), ("vit-odd-bf16", torch.bfloat16)):
        model = odd_model().to(dtype)
        model.save_pretrained(FIXTURES / folder)
        processor.save_pretrained(FIXTURES / folder)
        golden = reference_outputs(model.float(), pixel_values)
        save_file(golden, FIXTURES / folder / "golden.safetensors", metadata={"command": COMMAND})


def picture(width: int, height: int, seed: int) -> np.ndarray:
    """A picture with smooth ramps, sharp edges, thin lines and noise: uint8 [height, width, 3]."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    ramps = np.stack([x * 255 / width, y * 255 / height, (x + y) * 255 / (width + height)], axis=-1)
    image = Image.fromarray(ramps.astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        left, top = int(rng.integers(width)), int(rng.integers(height))
        box = [left, top, left + width // 4, top + height // 4]
        colour = tuple(int(c) for c in rng.integers(0, 256, 3))
        draw.ellipse(box, fill=colour) if rng.random() < 0.5 else draw.rectangle(box, outline=colour)
    pixels = np.asarray(image).copy()
    corner = pixels[: height // 3, : width // 3]
    corner[:] = rng.integers(0, 256, corner.shape)
    return pixels


SIZES = ((200, 150), (37, 61), (500, 333), (64, 64), (129, 127), (128, 128), (1, 1), (3, 260))  # width, height


def write_preprocess() -> None:
    processor = ViTImageProcessorPil(
        size={"height": 128, "width": 128}, resample=2, image_mean=[0.5] * 3, image_std=[0.5] * 3
    )
    golden: dict[str, torch.Tensor] = {}
    for seed, (width, height) in enumerate(SIZES):
        name = f"{width}x{height}"
        pixels = picture(width, height, seed)
        values = processor(images=Image.fromarray(pixels), return_tensors="pt")["pixel_values"][0]
        golden[f"input.{name}"] = torch.from_numpy(pixels)
        # The values are 255 levels apart by 2 / 255, so whole levels keep all that is in them.
        golden[f"levels.{name}"] = ((values * 0.5 + 0.5) * 255).round().to(torch.uint8).contiguous()
        if seed == 1:
            golden[f"pixel_values.{name}"] = values.float().contiguous()
    folder = FIXTURES / "preprocess"
    folder.mkdir(parents=True, exist_ok=True)
    processor.save_pretrained(folder)
    note = "input.<width>x<height> [height, width, 3]; levels [3, 128, 128] = pixel_values in grey levels 0 to 255"
    save_file(golden, folder / "golden.safetensors", metadata={"command": COMMAND, "layout": note})


def write_fixtures() -> None:
    write_odd()
    write_preprocess()
