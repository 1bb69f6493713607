"""What public checkpoints hold, without holding it: for each, its config.json and the names, types and shapes of its
tensors, made from a model of `transformers` that has shapes only (the `meta` device). Nothing is downloaded.

tests/fixtures/headers/<model>/config.json    what the file on the Hub says that differs from the defaults
tests/fixtures/headers/<model>/header.json.gz {name: [dtype, shape]}, under the Hub's names
"""

import gzip
import json
import shutil

import torch
import transformers
from transformers import PreTrainedModel
from transformers.core_model_loading import revert_weight_conversion

from ..paths import FIXTURES

LLAMA_32 = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 128256, "max_position_embeddings": 131072,
    "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "tie_word_embeddings": True, "num_key_value_heads": 8,
    "intermediate_size": 8192, "bos_token_id": 128000, "eos_token_id": 128001,
    "rope_scaling": {"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                     "original_max_position_embeddings": 8192},
}  # fmt: skip
SMOLLM = {
    "vocab_size": 49152, "hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30, "num_attention_heads": 9,
    "num_key_value_heads": 3, "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "rope_theta": 100000,
}  # fmt: skip
DINOV2 = {"hidden_size": 384, "num_attention_heads": 6, "image_size": 518, "patch_size": 14}

# The type of the numbers, and config.json; its first architecture is the class.
CHECKPOINTS = {
    "vit-tiny-patch16-224": ("F32", {
        "model_type": "vit", "architectures": ["ViTForImageClassification"], "hidden_size": 192, "num_attention_heads": 3,
        "intermediate_size": 768, "num_labels": 1000,
    }),
    "clip-vit-base-patch32": ("F32", {
        "model_type": "clip", "architectures": ["CLIPModel"], "projection_dim": 512,
        "text_config": {"bos_token_id": 0, "eos_token_id": 2}, "vision_config": {},
    }),
    "siglip-base-patch16-224": ("F32", {
        "model_type": "siglip", "architectures": ["SiglipModel"],
        "text_config": {"model_type": "siglip_text_model"}, "vision_config": {"model_type": "siglip_vision_model"},
    }),
    "siglip2-base-patch16-224": ("F32", {
        "model_type": "siglip", "architectures": ["SiglipModel"],
        "text_config": {"model_type": "siglip_text_model", "vocab_size": 256000},
        "vision_config": {"model_type": "siglip_vision_model"},
    }),
    "dinov2-small": ("F32", {"model_type": "dinov2", "architectures": ["Dinov2Model"], **DINOV2}),
    "dinov2-with-registers-small": ("F32", {
        "model_type": "dinov2_with_registers", "architectures": ["Dinov2WithRegistersModel"], **DINOV2,
        "num_register_tokens": 4,
    }),
    "convnext-tiny-224": ("F32", {
        "model_type": "convnext", "architectures": ["ConvNextForImageClassification"], "num_labels": 1000,
    }),
    "smollm2-135m": ("BF16", {
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "tie_word_embeddings": True, **SMOLLM,
    }),
    "llama-3.2-1b": ("BF16", {
        **LLAMA_32, "hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 32, "head_dim": 64,
    }),
    "llama-3.2-3b": ("BF16", {
        **LLAMA_32, "hidden_size": 3072, "num_hidden_layers": 28, "num_attention_heads": 24, "head_dim": 128,
    }),
    "smolvlm-256m": ("BF16", {
        "model_type": "idefics3", "architectures": ["Idefics3ForConditionalGeneration"], "scale_factor": 4,
        "image_token_id": 49190, "tie_word_embeddings": False, "vocab_size": 49280,
        "text_config": {"model_type": "llama", **SMOLLM, "vocab_size": 49280, "head_dim": 64, "tie_word_embeddings": False},
        "vision_config": {
            "model_type": "idefics3", "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
            "num_attention_heads": 12, "image_size": 512, "patch_size": 16,
        },
    }),
    "llava-1.5-7b": ("F16", {
        "model_type": "llava", "architectures": ["LlavaForConditionalGeneration"], "image_token_index": 32000,
        "pad_token_id": 32001, "projector_hidden_act": "gelu", "vision_feature_layer": -2,
        "vision_feature_select_strategy": "default", "tie_word_embeddings": False,
        "text_config": {"model_type": "llama", "max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "vocab_size": 32064},
        "vision_config": {
            "model_type": "clip_vision_model", "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24,
            "num_attention_heads": 16, "image_size": 336, "patch_size": 14, "projection_dim": 768,
        },
    }),
    "llama-3.2-11b-vision": ("BF16", {
        "model_type": "mllama", "architectures": ["MllamaForConditionalGeneration"], "image_token_index": 128256,
        "text_config": {
            "model_type": "mllama_text_model", "vocab_size": 128256, "hidden_size": 4096, "intermediate_size": 14336,
            "num_hidden_layers": 40, "num_attention_heads": 32, "num_key_value_heads": 8, "rms_norm_eps": 1e-5,
            "max_position_embeddings": 131072, "rope_theta": 500000.0, "tie_word_embeddings": False, "hidden_act": "silu",
            "cross_attention_layers": [3, 8, 13, 18, 23, 28, 33, 38],
            "rope_scaling": {**LLAMA_32["rope_scaling"], "factor": 8.0},
        },
        "vision_config": {
            "model_type": "mllama_vision_model", "hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32,
            "num_global_layers": 8, "attention_heads": 16, "image_size": 560, "patch_size": 14, "max_num_tiles": 4,
            "vision_output_dim": 7680, "norm_eps": 1e-5, "hidden_act": "gelu",
            "intermediate_layers_indices": [3, 7, 15, 23, 30],
            "supported_aspect_ratios": [[1, 1], [1, 2], [1, 3], [1, 4], [2, 1], [2, 2], [3, 1], [4, 1]],
        },
    }),
}  # fmt: skip


def write() -> None:
    folder = FIXTURES / "headers"
    shutil.rmtree(folder, ignore_errors=True)
    for name, (dtype, config) in CHECKPOINTS.items():
        header = {key: [dtype, list(shape)] for key, shape in sorted(hub_shapes(config).items())}
        target = folder / name
        target.mkdir(parents=True)
        (target / "config.json").write_text(json.dumps(config, indent=2) + "\n")
        packed = json.dumps(header, separators=(",", ":")).encode()
        (target / "header.json.gz").write_bytes(gzip.compress(packed, 9, mtime=0))


def hub_shapes(config: dict) -> dict[str, torch.Size]:
    """The shapes of a model's weights, under the names of its file on the Hub."""
    model_class: type[PreTrainedModel] = getattr(transformers, config["architectures"][0])
    config = model_class.config_class.from_dict(config)
    with torch.device("meta"):
        model = model_class(config)
    kept = dict(model.named_parameters())  # a tied matrix is there once
    restored = revert_weight_conversion(model, kept)
    return {hub_name(config.model_type, name): weight.shape for name, weight in restored.items()}


def hub_name(model_type: str, name: str) -> str:
    """This version of transformers restores the names of the Hub when it writes a file, but for one."""
    return name.replace("vision_tower.", "vision_tower.vision_model.") if model_type == "llava" else name
