"""Vision encoders: ViT and DeiT, CLIP, SigLIP, DINOv2, ConvNeXt, and the image processors of all of them.

Each fixture holds inputs (pixel_values, input_ids, attention_mask), what the model makes of them, hidden_states.i (after
the embeddings, then after each layer or stage) and attentions.i. Where a model takes pictures of other sizes, the same
with the prefix `other.`.
"""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import (
    CLIPConfig,
    CLIPModel,
    CLIPVisionConfig,
    CLIPVisionModel,
    CLIPVisionModelWithProjection,
    ConvNextConfig,
    ConvNextForImageClassification,
    DeiTConfig,
    DeiTForImageClassificationWithTeacher,
    Dinov2Config,
    Dinov2ForImageClassification,
    Dinov2Model,
    Dinov2WithRegistersConfig,
    Dinov2WithRegistersForImageClassification,
    SiglipConfig,
    SiglipModel,
    SiglipVisionConfig,
    SiglipVisionModel,
    ViTConfig,
    ViTModel,
)
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.convnext.image_processing_pil_convnext import ConvNextImageProcessorPil
from transformers.models.deit.image_processing_pil_deit import DeiTImageProcessorPil
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from ..paths import FIXTURES
from . import randomise, save

EAGER = {"attn_implementation": "eager"}


def hub_weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The weights under the names that `save_pretrained` writes, which are those of the Hub."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        return load_file(Path(folder) / "model.safetensors")


def pixels(height: int, width: int, seed: int, channels: int = 3) -> torch.Tensor:
    return torch.randn(2, channels, height, width, generator=torch.Generator().manual_seed(seed)).clamp(-1, 1)


def towers(out, prefix: str = "", attentions: bool = True) -> dict[str, torch.Tensor]:
    """The named values of an encoder's output."""
    golden = {f"{prefix}hidden_states.{i}": h for i, h in enumerate(out.hidden_states)}
    if attentions:
        golden |= {f"{prefix}attentions.{i}": a for i, a in enumerate(out.attentions)}
    for name in ("last_hidden_state", "pooler_output", "logits", "cls_logits", "distillation_logits", "image_embeds"):
        value = getattr(out, name, None)
        if value is not None:
            golden[prefix + name] = value
    return golden


def full(model: torch.nn.Module, pixel_values: torch.Tensor, **inputs) -> object:
    with torch.no_grad():
        return model(pixel_values=pixel_values, output_hidden_states=True, output_attentions=True, **inputs)


# ---------------------------------------------------------------------------------------------------------------- ViT


def vit_tower() -> None:
    """A ViT without a classifier, with its pooler; a picture that is not square, and one of another size."""
    config = ViTConfig(
        hidden_size=36, num_hidden_layers=2, num_attention_heads=3, intermediate_size=50,
        image_size=24, patch_size=8, qkv_bias=False, hidden_act="gelu_pytorch_tanh", **EAGER,
    )  # fmt: skip
    model = ViTModel(config)
    randomise(model, 11)
    golden = {"pixel_values": pixels(24, 24, 12), "other.pixel_values": pixels(40, 16, 13)}
    golden |= towers(full(model, golden["pixel_values"]))
    golden |= towers(full(model, golden["other.pixel_values"], interpolate_pos_encoding=True), "other.")
    written = {**config.to_dict(), "architectures": ["ViTModel"]}
    save("vit-tower-odd", written, hub_weights(model), golden, family="vision")


def deit() -> None:
    config = DeiTConfig(
        hidden_size=30, num_hidden_layers=2, num_attention_heads=3, intermediate_size=44,
        image_size=16, patch_size=4, id2label={i: f"label {i}" for i in range(5)}, **EAGER,
    )  # fmt: skip
    model = DeiTForImageClassificationWithTeacher(config)
    randomise(model, 21)
    golden = {"pixel_values": pixels(16, 16, 22), "other.pixel_values": pixels(20, 28, 23)}
    golden |= towers(full(model, golden["pixel_values"]))
    golden |= towers(full(model, golden["other.pixel_values"], interpolate_pos_encoding=True), "other.")
    config = {**config.to_dict(), "architectures": ["DeiTForImageClassificationWithTeacher"]}
    save("deit-odd", config, hub_weights(model), golden, {"preprocessor_config.json": {
        "image_processor_type": "DeiTImageProcessor", "size": 20, "crop_size": 16, "do_center_crop": True,
    }}, family="vision")  # fmt: skip


# --------------------------------------------------------------------------------------------------------------- CLIP


def pair(model: torch.nn.Module, golden: dict[str, torch.Tensor], **inputs) -> dict[str, torch.Tensor]:
    """Both towers of a model of pictures and texts, and how well each pair fits."""
    with torch.no_grad():
        out = model(
            pixel_values=golden["pixel_values"], input_ids=golden["input_ids"],
            output_hidden_states=True, output_attentions=True, **inputs,
        )  # fmt: skip
        vision = model.vision_model(golden["pixel_values"], output_hidden_states=True, output_attentions=True)
        text = model.text_model(golden["input_ids"], output_hidden_states=True, output_attentions=True, **inputs)
    names = ("logits_per_image", "logits_per_text", "image_embeds", "text_embeds")
    return {name: getattr(out, name) for name in names} | towers(vision, "vision.") | towers(text, "text.")


def clip() -> None:
    """Sizes that differ between the towers; texts padded right with the end token, whose number is the first one's."""
    config = CLIPConfig(
        vision_config={"hidden_size": 36, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 50,
                       "image_size": 18, "patch_size": 6},
        text_config={"hidden_size": 20, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 33,
                     "vocab_size": 61, "max_position_embeddings": 11, "bos_token_id": 57, "eos_token_id": 58},
        projection_dim=14, **EAGER,
    )  # fmt: skip
    model = CLIPModel(config)
    randomise(model, 31)
    end = 58
    golden = {
        "pixel_values": pixels(18, 18, 32),
        "other.pixel_values": pixels(30, 24, 33),
        # 60 is larger than the end token, so the two rules for the end of a text disagree.
        "input_ids": torch.tensor([[57, 3, 60, 9, 4, end, end, end],
                                   [57, 1, 8, 44, 60, 21, 7, end],
                                   [57, 2, end, end, end, end, end, end]]),
        "attention_mask": torch.tensor([[1] * 6 + [0] * 2, [1] * 8, [1] * 3 + [0] * 5]),
    }  # fmt: skip
    golden |= pair(model, golden, attention_mask=golden["attention_mask"])
    with torch.no_grad():
        golden["without_mask.text_embeds"] = model(
            pixel_values=golden["pixel_values"], input_ids=golden["input_ids"]
        ).text_embeds
        other = full(model.vision_model, golden["other.pixel_values"], interpolate_pos_encoding=True)
        golden |= towers(other, "other.")
        # The rule of files whose end token is 2, which it never was: the place of the largest token.
        model.text_model.eos_token_id = 2
        golden["legacy.text_embeds"] = model(
            pixel_values=golden["pixel_values"], input_ids=golden["input_ids"], attention_mask=golden["attention_mask"]
        ).text_embeds
    golden |= {name: golden[name].float() for name in ("input_ids", "attention_mask")}
    save("clip-odd", sparse(config), hub_weights(model), golden, {"preprocessor_config.json": {
        "feature_extractor_type": "CLIPFeatureExtractor", "size": 18, "crop_size": 18, "do_center_crop": True,
        "do_normalize": True, "do_resize": True, "resample": 3,
    }}, family="vision")  # fmt: skip


def sparse(config) -> dict:
    """As files on the Hub are: of each part only what differs from its defaults."""

    def changed(part) -> dict:
        defaults = type(part)().to_dict()
        return {name: value for name, value in part.to_dict().items() if value != defaults.get(name)}

    parts = ("text_config", "vision_config")
    top = {name: value for name, value in changed(config).items() if name not in parts}
    return {"model_type": config.model_type, **top, **{part: changed(getattr(config, part)) for part in parts}}


def clip_towers() -> None:
    """The tower for pictures alone: without a projection under the Hub's names, and with one."""
    config = CLIPVisionConfig(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=31,
        image_size=14, patch_size=7, projection_dim=10, hidden_act="gelu", **EAGER,
    )  # fmt: skip
    golden = {"pixel_values": pixels(14, 14, 42)}
    model = CLIPVisionModel(config)
    randomise(model, 41)
    weights = {f"vision_model.{name}": weight for name, weight in hub_weights(model).items()}
    # Older files carry the numbers of the places, which nobody needs.
    weights["vision_model.embeddings.position_ids"] = torch.arange(5)[None]
    out = towers(full(model, golden["pixel_values"]))
    written = {**config.to_dict(), "architectures": ["CLIPVisionModel"]}
    save("clip-vision-odd", written, weights, golden | out, family="vision")

    model = CLIPVisionModelWithProjection(config)
    randomise(model, 43)
    out = towers(full(model, golden["pixel_values"]))
    config = {**config.to_dict(), "architectures": ["CLIPVisionModelWithProjection"]}
    save("clip-projection-odd", config, hub_weights(model), golden | out, family="vision")


# ------------------------------------------------------------------------------------------------------------- SigLIP


def siglip() -> None:
    """A picture of 23 pixels whose last columns fill no patch; texts that are as long as they may be."""
    config = SiglipConfig(
        vision_config={"hidden_size": 36, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 50,
                       "image_size": 23, "patch_size": 5},
        text_config={"hidden_size": 20, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 33,
                     "vocab_size": 61, "max_position_embeddings": 9, "projection_size": 36},
        **EAGER,
    )  # fmt: skip
    model = SiglipModel(config)
    randomise(model, 51)
    golden = {
        "pixel_values": pixels(23, 23, 52),
        "other.pixel_values": pixels(15, 30, 53),
        "input_ids": torch.tensor([[3, 60, 9, 4, 1, 1, 1, 1, 1],
                                   [1, 8, 44, 60, 21, 7, 30, 2, 1],
                                   [2, 1, 1, 1, 1, 1, 1, 1, 1]]),
        "attention_mask": torch.tensor([[1] * 5 + [0] * 4, [1] * 9, [1] * 2 + [0] * 7]),
    }  # fmt: skip
    golden |= pair(model, golden)
    with torch.no_grad():
        golden["with_mask.text_embeds"] = model(
            pixel_values=golden["pixel_values"], input_ids=golden["input_ids"], attention_mask=golden["attention_mask"]
        ).text_embeds
        other = full(model.vision_model, golden["other.pixel_values"], interpolate_pos_encoding=True)
        golden |= towers(other, "other.")
    golden |= {name: golden[name].float() for name in ("input_ids", "attention_mask")}
    save("siglip-odd", sparse(config), hub_weights(model), golden, {"preprocessor_config.json": {
        "image_processor_type": "SiglipImageProcessor", "size": {"height": 23, "width": 23},
    }}, family="vision")  # fmt: skip


def siglip_tower() -> None:
    """The tower for pictures alone, without the head that sums a picture up."""
    config = SiglipVisionConfig(
        hidden_size=24, num_hidden_layers=1, num_attention_heads=2, intermediate_size=31,
        image_size=12, patch_size=4, vision_use_head=False, **EAGER,
    )  # fmt: skip
    model = SiglipVisionModel(config)
    randomise(model, 61)
    golden = {"pixel_values": pixels(12, 12, 62)}
    golden |= towers(full(model, golden["pixel_values"]))
    weights = {f"vision_model.{name}": weight for name, weight in hub_weights(model).items()}
    written = {**config.to_dict(), "architectures": ["SiglipVisionModel"]}
    save("siglip-vision-odd", written, weights, golden, family="vision")


# ------------------------------------------------------------------------------------------------------------- DINOv2


def dinov2() -> None:
    sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "image_size": 30, "patch_size": 5}
    labels = {i: f"label {i}" for i in range(5)}
    processor = {"preprocessor_config.json": {
        "image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 33}, "crop_size": {"height": 30, "width": 30},
        "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225],
    }}  # fmt: skip
    # Larger one way and smaller the other, where the two rules for positions differ; the last columns fill no patch.
    golden = {"pixel_values": pixels(30, 30, 72), "other.pixel_values": pixels(15, 42, 73)}

    cases = [
        ("dinov2-odd", Dinov2ForImageClassification(Dinov2Config(**sizes, mlp_ratio=2, id2label=labels, **EAGER))),
        ("dinov2-swiglu-odd", Dinov2Model(Dinov2Config(**sizes, use_swiglu_ffn=True, qkv_bias=False, **EAGER))),
        ("dinov2-registers-odd", Dinov2WithRegistersForImageClassification(
            Dinov2WithRegistersConfig(**sizes, mlp_ratio=2, num_register_tokens=3, id2label=labels, **EAGER)
        )),
    ]  # fmt: skip
    for seed, (folder, model) in enumerate(cases, 74):
        randomise(model, seed)
        model_golden = dict(golden)
        for prefix in ("", "other."):
            out = full(model, golden[f"{prefix}pixel_values"])
            model_golden |= towers(out, prefix)
        config = {**model.config.to_dict(), "architectures": [type(model).__name__]}
        save(folder, config, hub_weights(model), model_golden, processor, family="vision")


# ----------------------------------------------------------------------------------------------------------- ConvNeXt


def convnext() -> None:
    config = ConvNextConfig(
        hidden_sizes=[10, 14, 20], depths=[2, 1, 2], num_stages=3, patch_size=3, image_size=36,
        layer_norm_eps=1e-3, id2label={i: f"label {i}" for i in range(5)},
    )  # fmt: skip
    model = ConvNextForImageClassification(config)
    randomise(model, 81)
    # 11 × 13 places, then 5 × 6, then 2 × 3: an odd number loses its last row.
    golden = {"pixel_values": pixels(35, 40, 82)}
    with torch.no_grad():
        out = model(golden["pixel_values"], output_hidden_states=True)
        base = model.convnext(golden["pixel_values"])
    golden |= {"last_hidden_state": base.last_hidden_state, "pooler_output": base.pooler_output}
    golden |= towers(out, attentions=False)
    config = {**config.to_dict(), "architectures": ["ConvNextForImageClassification"]}
    save("convnext-odd", config, hub_weights(model), golden, {"preprocessor_config.json": {
        "feature_extractor_type": "ConvNextFeatureExtractor", "size": 36, "crop_pct": 0.875, "resample": 3,
    }}, family="vision")  # fmt: skip


# --------------------------------------------------------------------------------------------------------- processors

IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
PROCESSORS = {
    "clip": (CLIPImageProcessorPil, {"size": {"shortest_edge": 20}, "crop_size": {"height": 20, "width": 20}}),
    "clip-one-number": (CLIPImageProcessorPil, {"size": 23, "crop_size": 17}),
    "clip-crop-is-wider": (CLIPImageProcessorPil, {"size": 15, "crop_size": {"height": 20, "width": 14}}),
    "clip-no-crop": (CLIPImageProcessorPil, {"size": 15, "do_center_crop": False}),
    "siglip": (SiglipImageProcessorPil, {"size": {"height": 22, "width": 22}}),
    "siglip-one-number": (SiglipImageProcessorPil, {"size": 19}),
    "siglip-bilinear": (SiglipImageProcessorPil, {"size": {"height": 22, "width": 22}, "resample": 2}),
    "bit": (BitImageProcessorPil, {"size": {"shortest_edge": 26}, "crop_size": {"height": 21, "width": 21}, **IMAGENET}),
    "deit": (DeiTImageProcessorPil, {"size": {"height": 25, "width": 25}, "crop_size": {"height": 20, "width": 20}}),
    "deit-one-number": (DeiTImageProcessorPil, {"size": 25, "crop_size": 21, **IMAGENET}),
    "vit": (ViTImageProcessorPil, {"size": {"height": 21, "width": 18}}),
    "convnext": (ConvNextImageProcessorPil, {"size": {"shortest_edge": 21}, "crop_pct": 0.875, **IMAGENET}),
    "convnext-share-cuts-off": (ConvNextImageProcessorPil, {"size": 20, "crop_pct": 0.875}),  # 22.86 becomes 22
    "convnext-default-share": (ConvNextImageProcessorPil, {"size": 30}),
    "llava-square": (LlavaImageProcessorPil, {
        "size": {"shortest_edge": 20}, "crop_size": {"height": 20, "width": 20}, "do_pad": True,
    }),
    "llava": (LlavaImageProcessorPil, {"size": {"shortest_edge": 20}, "crop_size": {"height": 20, "width": 20}}),
}  # fmt: skip


def processors() -> None:
    """`picture.<w>x<h>` [h, w, 3], `<setting>.picture.<w>x<h>` [3, H, W]; settings.json holds what a file says."""
    rng = np.random.default_rng(91)
    pictures = {}
    for width, height in ((51, 34), (27, 41)):
        y, x = np.mgrid[0:height, 0:width]
        ramps = np.stack([x * 255 / width, y * 255 / height, (x * y) % 256], axis=-1).astype(np.uint8)
        ramps[: height // 2, : width // 3] = rng.integers(0, 256, (height // 2, width // 3, 3))
        pictures[f"picture.{width}x{height}"] = ramps
    golden = {name: torch.from_numpy(picture) for name, picture in pictures.items()}
    settings = {}
    for setting, (processor_type, said) in PROCESSORS.items():
        processor = processor_type(**said)
        for name, picture in pictures.items():
            values = processor(images=Image.fromarray(picture), return_tensors="pt")["pixel_values"][0]
            golden[f"{setting}.{name}"] = values.float().contiguous()
        settings[setting] = {"type": processor_type.__name__, "config": said}
    folder = FIXTURES / "image-processors"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    save_file(golden, folder / "golden.safetensors", metadata={"command": "python -m training architectures vision"})
    (folder / "settings.json").write_text(json.dumps(settings, indent=2) + "\n")


def write() -> None:
    vit_tower()
    deit()
    clip()
    clip_towers()
    siglip()
    siglip_tower()
    dinov2()
    convnext()
    processors()
