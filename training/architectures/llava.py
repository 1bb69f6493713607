"""LlavaForConditionalGeneration, small and odd.

    llava-clip     a CLIP tower, its last layer but one, names as in most files on the Hub
    llava-siglip   a SigLIP tower, two of its layers side by side and all tokens, a projector without bias, names as
                   newer files have them, tied embeddings
"""

import copy

import torch
from transformers import LlavaConfig, LlavaForConditionalGeneration

from . import randomise, save

IMAGE = 51
PADDING = 0
TEXT = {
    "hidden_size": 30,
    "intermediate_size": 44,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "num_key_value_heads": 1,
    "head_dim": 10,
    "vocab_size": 53,
    "rms_norm_eps": 1e-5,
    "max_position_embeddings": 256,
    "bos_token_id": 1,
    "eos_token_id": None,
    "pad_token_id": None,
}
CLIP = {
    "hidden_size": 24,
    "intermediate_size": 30,
    "num_hidden_layers": 3,
    "num_attention_heads": 3,
    "image_size": 24,
    "patch_size": 8,
}
SIGLIP = {
    "hidden_size": 18,
    "intermediate_size": 22,
    "num_hidden_layers": 3,
    "num_attention_heads": 3,
    "image_size": 20,
    "patch_size": 5,
}
CLIP_PROCESSOR = {
    "image_processor_type": "CLIPImageProcessor",
    "size": {"shortest_edge": 24},
    "crop_size": {"height": 24, "width": 24},
}
SIGLIP_PROCESSOR = {"image_processor_type": "SiglipImageProcessor", "size": {"height": 20, "width": 20}, "resample": 3}


def older_names(model: LlavaForConditionalGeneration) -> dict[str, torch.Tensor]:
    """As files on the Hub carry them."""
    renamed = {}
    for name, value in model.state_dict().items():
        name = name.removeprefix("model.").replace("vision_tower.", "vision_tower.vision_model.")
        name = name.replace("language_model.", "language_model.model.").replace("lm_head", "language_model.lm_head")
        renamed[name] = value
    renamed["vision_tower.vision_model.embeddings.position_ids"] = torch.arange(10)[None]  # a buffer, of no use
    return renamed


def newer_names(model: LlavaForConditionalGeneration) -> dict[str, torch.Tensor]:
    """As this version of transformers has them; a tied last matrix is left out. 4.52 kept `vision_model` in the middle."""
    return {name: value for name, value in model.state_dict().items() if name != "lm_head.weight"}


def write_one(folder: str, written: dict, visual_tokens: int, names, processor: dict, seed: int) -> None:
    config = LlavaConfig(**{key: copy.deepcopy(value) for key, value in written.items()})
    config._attn_implementation = "eager"
    for part in (config.vision_config, config.text_config):
        part._attn_implementation = "eager"
    model = LlavaForConditionalGeneration(config)
    randomise(model, seed)
    with torch.no_grad():
        model.lm_head.weight[IMAGE] = 0  # a picture's token is not something to say
    side = config.vision_config.image_size
    pixel_values = torch.randn(3, 3, side, side, generator=torch.Generator().manual_seed(seed + 1))
    image = [IMAGE] * visual_tokens
    first = [1, 7, *image, 12, 13, *image, 14, 52, 9]
    second = [1, 33, 34, *image, 48]
    padding = len(first) - len(second)
    input_ids = torch.tensor([first, [PADDING] * padding + second])
    mask = torch.tensor([[1] * len(first), [0] * padding + [1] * len(second)])
    positions = (mask.cumsum(-1) - 1).clamp(min=0)  # as `generate` counts them
    with torch.no_grad():
        out = model(input_ids=input_ids, pixel_values=pixel_values, attention_mask=mask, position_ids=positions)
        answer = model.generate(
            input_ids=input_ids[:1], pixel_values=pixel_values[:2], max_new_tokens=5, do_sample=False
        )
    golden = {
        "pixel_values": pixel_values,
        "input_ids": input_ids.float(),
        "attention_mask": mask.float(),
        "logits": out.logits,
        "image_features": out.image_hidden_states.view(3, visual_tokens, -1),
        "generated": answer[0, len(first) :].float(),
    }
    save(folder, sparse(written), names(model), golden, {"preprocessor_config.json": processor}, "llava")


def sparse(config: dict) -> dict:
    """Without the defaults, as files on the Hub are."""
    return {"architectures": ["LlavaForConditionalGeneration"], "model_type": "llava", **config}


def write() -> None:
    write_one(
        "llava-clip",
        {
            "vision_config": {"model_type": "clip_vision_model", **CLIP},
            "text_config": {"model_type": "llama", **TEXT},
            "image_token_index": IMAGE,
        },
        9,
        older_names,
        CLIP_PROCESSOR,
        71,
    )
    write_one(
        "llava-siglip",
        {
            "vision_config": {"model_type": "siglip_vision_model", **SIGLIP},
            "text_config": {"model_type": "llama", **TEXT, "tie_word_embeddings": True},
            "image_token_index": IMAGE,
            "vision_feature_layer": [-1, 1],
            "vision_feature_select_strategy": "full",
            "projector_hidden_act": "gelu_pytorch_tanh",
            "multimodal_projector_bias": False,
            "tie_word_embeddings": True,
        },
        16,
        newer_names,
        SIGLIP_PROCESSOR,
        81,
    )
