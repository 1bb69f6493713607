"""Eagle, small and odd, one checkpoint for each way of fusing experts; the numbers are those of training/oracles.

    eagle-channel      five experts of every kind, a grid that is not square, pixel unshuffle, an expert's own
                       normalisation, positions stretched to another picture size
    eagle-append       two experts, one after the other
    eagle-hr           two slow experts, finer than the fast one (means of blocks)
    eagle-hr-coarse    one slow expert, coarser than the fast one (bilinear)
    eagle-mini-gemini  windows of a detail map of two experts, which does not divide by the grid
    eagle-deformable   two levels of different sizes, two layers
"""

import tempfile

import torch
from PIL import Image
from safetensors.torch import load_file
from transformers import DeformableDetrConfig, PreTrainedModel
from transformers.models.deformable_detr.modeling_deformable_detr import DeformableDetrMultiscaleDeformableAttention
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil

from ..fixtures import picture
from ..oracles.deformable_attention import DeformableAttention
from ..oracles.eagle import Eagle
from . import randomise, save

IMAGE = 51  # image_token_id
PADDING = 0

CLIP = {
    "name": "clip",
    "model_type": "clip_vision_model",
    "hidden_size": 24,
    "intermediate_size": 30,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "image_size": 24,
    "patch_size": 8,
}
CONVNEXT = {
    "name": "convnext",
    "model_type": "convnext",
    "num_stages": 2,
    "hidden_sizes": [10, 14],
    "depths": [1, 1],
    "patch_size": 4,
    "image_size": 48,
}
VIT = {
    "name": "dense",
    "model_type": "vit",
    "hidden_size": 20,
    "intermediate_size": 26,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "patch_size": 8,
    "image_size": 48,
}
SIGLIP = {
    "name": "siglip",
    "model_type": "siglip_vision_model",
    "hidden_size": 18,
    "intermediate_size": 22,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "image_size": 24,
    "patch_size": 8,
    "vision_use_head": False,
}
DINO = {
    "name": "dino",
    "model_type": "dinov2_with_registers",
    "hidden_size": 18,
    "mlp_ratio": 2,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": 30,
    "patch_size": 6,
    "num_register_tokens": 2,
    "layerscale_value": 1.0,
}
TEXT = {
    "model_type": "llama",
    "hidden_size": 30,
    "intermediate_size": 44,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "num_key_value_heads": 1,
    "head_dim": 10,
    "vocab_size": 53,
    "rms_norm_eps": 1e-5,
    "max_position_embeddings": 256,
    "tie_word_embeddings": True,
}
MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]


def eagle_config(experts: list[dict], fusion: dict, grid: int | list[int], image_size: int | list[int], **text) -> dict:
    return {
        "architectures": ["EagleForConditionalGeneration"],
        "model_type": "eagle",
        "image_size": image_size,
        "image_mean": MEAN,
        "image_std": STD,
        "grid": grid,
        "fusion": fusion,
        "image_token_id": IMAGE,
        "vision_configs": experts,
        "text_config": {**TEXT, **text},
    }


def hub_weights(model: PreTrainedModel) -> dict[str, torch.Tensor]:
    """Under the names that files on the Hub carry, which `save_pretrained` restores."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        return load_file(f"{folder}/model.safetensors")


def eagle_weights(model: Eagle) -> dict[str, torch.Tensor]:
    weights = {}
    for i, expert in enumerate(model.vision_towers):
        prefix = f"vision_towers.{i}."
        if expert.kind in ("clip_vision_model", "siglip_vision_model"):
            prefix += "vision_model."
        weights |= {prefix + name: value for name, value in hub_weights(expert.tower).items()}
    rest = {name: value for name, value in model.state_dict().items() if not name.startswith("vision_towers.")}
    if model.config["text_config"]["tie_word_embeddings"]:
        del rest["language_model.lm_head.weight"]
    return weights | rest


def prompt(visual_tokens: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Two rows: two pictures with words around them, and one picture with padding on the left. -> ids, mask"""
    image = [IMAGE] * visual_tokens
    first = [1, 7, *image, 12, 13, *image, 14, 52, 9]
    second = [1, 33, 34, *image, 48]
    padding = len(first) - len(second)
    mask = [[1] * len(first), [0] * padding + [1] * len(second)]
    return torch.tensor([first, [PADDING] * padding + second]), torch.tensor(mask)


def write_one(folder: str, config: dict, seed: int, off: list[str], processor: dict | None = None) -> None:
    """`off`: the experts that one further forward pass does without."""
    model = Eagle(config)
    randomise(model, seed)
    with torch.no_grad():
        model.language_model.lm_head.weight[IMAGE] = 0  # a picture's token is not something to say
    height, width = config["image_size"] if isinstance(config["image_size"], list) else [config["image_size"]] * 2
    pixel_values = torch.randn(3, 3, height, width, generator=torch.Generator().manual_seed(seed + 1))
    rows, columns = model.grid
    sequences = len(model.fusion.outputs)
    input_ids, mask = prompt(sequences * rows * columns)
    names = [expert["name"] for expert in config["vision_configs"]]
    with torch.no_grad():
        logits, seen = model(input_ids, pixel_values, mask)
        without, _ = model(input_ids, pixel_values, mask, experts=[name for name in names if name not in off])
        first_row, answer = input_ids[:1], []
        for _ in range(5):  # greedy, without a cache
            following, _ = model(first_row, pixel_values[:2])
            answer.append(int(following[0, -1].argmax()))
            first_row = torch.cat([first_row, torch.tensor([answer[-1:]])], 1)
    golden = {
        "pixel_values": pixel_values,
        "input_ids": input_ids.float(),
        "attention_mask": mask.float(),
        "logits": logits,
        f"logits_without.{'.'.join(off)}": without,
        "generated": torch.tensor(answer).float(),
        **{f"seen.{name}": value[:1] for name, value in seen.items()},  # of the first picture
    }
    if folder == "eagle-append":  # and a picture on its way through the processor
        pixels = picture(57, 31, seed)
        expected = LlavaImageProcessorPil(**PROCESSOR)(Image.fromarray(pixels), return_tensors="pt")["pixel_values"]
        golden |= {"picture": torch.from_numpy(pixels), "pixel_values_of_picture": expected}
    save(folder, config, eagle_weights(model), golden, {"preprocessor_config.json": processor or PROCESSOR}, "eagle")


PROCESSOR = {
    "image_processor_type": "LlavaImageProcessor",
    "do_pad": True,
    "do_resize": True,
    "size": {"height": 48, "width": 48},
    "resample": 3,
    "do_center_crop": False,
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": MEAN,
    "image_std": STD,
}


def check_deformable_attention() -> None:
    """The oracle's operation is the public one: equal to the module of Deformable DETR in `transformers`."""
    theirs = DeformableDetrMultiscaleDeformableAttention(
        DeformableDetrConfig(d_model=24, num_feature_levels=2, disable_custom_kernels=True), num_heads=3, n_points=4
    )
    ours = DeformableAttention(24, 3, 2, 4)
    randomise(theirs, 1)
    ours.load_state_dict(theirs.state_dict())
    generator = torch.Generator().manual_seed(2)
    queries = torch.randn(2, 12, 24, generator=generator)
    sizes = [(6, 8), (5, 7)]
    maps = [torch.randn(2, 24, *size, generator=generator) for size in sizes]
    reference = torch.rand(12, 2, generator=generator)
    with torch.no_grad():
        expected, _ = theirs(
            queries,
            encoder_hidden_states=torch.cat([m.flatten(2).transpose(1, 2) for m in maps], 1),
            reference_points=reference[None, :, None].expand(2, 12, 2, 2),
            spatial_shapes=torch.tensor(sizes),
            spatial_shapes_list=sizes,
        )
        output, _ = ours(queries, reference, maps)
    torch.testing.assert_close(output, expected, rtol=1e-5, atol=1e-5)


def write() -> None:
    check_deformable_attention()
    wide = [48, 64]
    write_one(
        "eagle-channel",
        eagle_config(
            [
                {**CLIP, "input_size": [24, 32], "vision_feature_layer": -2},
                {**CONVNEXT, "image_size": wide, "image_mean": [0.1, 0.2, 0.3], "image_std": [0.7, 0.8, 0.9]},
                {**VIT, "image_size": wide, "resample": "pixel_unshuffle"},
                {**SIGLIP, "input_size": [24, 32]},
                {**DINO, "input_size": [30, 42]},
            ],
            {"type": "channel_concatenation"},
            [3, 4],
            wide,
            tie_word_embeddings=False,
        ),
        11,
        ["dense", "clip"],
        {**PROCESSOR, "size": {"height": 48, "width": 64}, "do_pad": False},
    )
    write_one(
        "eagle-append",
        eagle_config([{**CLIP, "class_token": "dropped"}, CONVNEXT], {"type": "sequence_append"}, 3, 48),
        21,
        ["clip"],
    )
    fast = {**CLIP, "num_hidden_layers": 4}
    write_one(
        "eagle-hr",
        eagle_config([fast, CONVNEXT, {**VIT, "image_size": 24}], {"type": "llava_hr"}, 3, 48),
        31,
        ["dense"],
    )
    write_one(
        "eagle-hr-coarse",
        eagle_config(
            [{**fast, "image_size": 32}, {**CONVNEXT, "image_size": 24}], {"type": "llava_hr"}, [3, 4], 48
        ),
        41,
        ["convnext"],
    )
    write_one(
        "eagle-mini-gemini",
        eagle_config([CLIP, CONVNEXT, {**VIT, "image_size": 40}], {"type": "mini_gemini"}, [3, 4], 48),
        51,
        ["convnext"],
    )
    write_one(
        "eagle-deformable",
        eagle_config(
            [{**CLIP, "input_size": [24, 32]}, {**CONVNEXT, "image_size": wide}, {**DINO, "input_size": [30, 42]}],
            {"type": "deformable_attention", "num_heads": 3, "num_points": 2, "num_layers": 2},
            [3, 4],
            wide,
        ),
        61,
        ["dino"],
        {**PROCESSOR, "size": {"height": 48, "width": 64}, "do_pad": False},
    )
