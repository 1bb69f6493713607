"""config.json of an Eagle whose experts and language model lie in folders of their own, and their weights."""

import json
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import AutoConfig, PreTrainedTokenizerFast

from ..vlm.rows import IMAGE, Prompts
from .model import Eagle, Tower
from .recipe import GRID, RESAMPLE, Stage

HALF = [0.5] * 3
# What config.json says of how a tower was made, which nobody reads.
UNUSED = ("architectures", "dtype", "transformers_version", "label2id", "id2label", "chunk_size_feed_forward",
          "output_attentions", "output_hidden_states", "return_dict", "problem_type", "is_encoder_decoder",
          "_name_or_path", "initializer_range", "initializer_factor", "projection_dim", "out_features", "out_indices",
          "stage_names", "pooler_act", "pooler_output_size", "encoder_stride")  # fmt: skip


def expert_config(name: str, folder: Path) -> dict:
    """One of `vision_configs`, of the expert in `folder`: of CLIP the half that sees."""
    given = json.loads((folder / "config.json").read_text())
    if given["model_type"] == "clip":
        given = AutoConfig.from_pretrained(folder).vision_config.to_dict()
    sizes = {key: value for key, value in given.items() if key not in UNUSED and value is not None}
    return {"name": name, **sizes, "resample": RESAMPLE.get(name, "bilinear")}


def eagle_config(stage: Stage, experts: dict[str, Path], language: Path) -> dict:
    tokenizer = PreTrainedTokenizerFast.from_pretrained(language)
    return {
        "architectures": ["EagleForConditionalGeneration"],
        "model_type": "eagle",
        "image_size": 128,
        "image_mean": HALF,
        "image_std": HALF,
        "grid": GRID,
        "fusion": stage.fusion,
        "projector_hidden_act": "gelu",
        "image_token_id": tokenizer.convert_tokens_to_ids(IMAGE),
        "vision_configs": [expert_config(name, experts[name]) for name in stage.experts],
        "text_config": json.loads((language / "config.json").read_text()),
    }


def load_parts(model: Eagle, experts: dict[str, Path], language: Path) -> None:
    """The weights of the experts and of the language model, as they were trained alone."""
    for name, tower in model.vision_towers.items():
        load_tower(tower, experts[name])
    state = {key: value.float() for key, value in load_file(language / "model.safetensors").items()}
    state.pop("lm_head.weight", None)  # tied
    model.language_model.load_state_dict(state)


def load_tower(tower: Tower, folder: Path) -> None:
    """Heads, and CLIP's half that reads, stay behind."""
    found = type(tower.tower).from_pretrained(folder, **({"add_pooling_layer": False} if tower.kind == "vit" else {}))
    tower.tower.load_state_dict(found.float().state_dict())


def build(config: dict, language: Path) -> tuple[Eagle, Prompts]:
    """The model, with weights by chance, and its prompts."""
    prompts = Prompts(PreTrainedTokenizerFast.from_pretrained(language), 0)
    model = Eagle(config, len(prompts.prefix))
    prompts.prefix += [prompts.image] * model.visual_tokens
    return model, prompts


def count(module: nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())


def merged(own: dict[str, Tensor], states: list[tuple[dict[str, Tensor], str]]) -> dict[str, Tensor]:
    """`own`, and over it what each of the states has of the same name, if that begins with the part that goes with it."""
    result = dict(own)
    for state, part in states:
        for name, value in state.items():
            if name in own and name.startswith(part):
                if value.shape != own[name].shape:
                    raise SystemExit(f"eagle: expected {name} of shape {list(own[name].shape)}, got {list(value.shape)}")
                result[name] = value
    return result
