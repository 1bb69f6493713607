"""What mllama starts from: llama-tiny, frozen; and the vision tower of another model, cut into tiles."""

from argparse import Namespace
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoConfig, LlamaConfig, PreTrainedTokenizerFast

from ..language import commands as language
from ..language.tokenizer import open_tokenizer
from ..paths import MODELS, RUNS
from .config import GRIDS, PATCH, TILE, TILES, image_token, mllama_config
from .model import TrainingMllama, initialise
from .recipe import MllamaRecipe

QUICK_LLAMA = RUNS / "quick-llama-tiny" / "export"
NOTHING = "random weights"
SIZES = ("hidden_size", "num_hidden_layers", "intermediate_size", "attention_heads")


def llama_folder(quick: bool) -> Path:
    """--quick has a language model of its own, made in seconds if it is not there."""
    if not quick:
        folder = MODELS / "llama-tiny"
        if not (folder / "model.safetensors").exists():
            raise SystemExit(f"mllama: expected the language model in {folder}, found none; `python -m training llama-tiny` makes it")
        return folder
    if not (QUICK_LLAMA / "model.safetensors").exists():
        options = {"command": "llama-tiny", "quick": True, "steps": None, "threads": 1, "compile": False, "limit": None}
        for stage in ("corpus", "tokenizer", "train", "export"):
            language.stages(Namespace(stage=stage, **options))
    return QUICK_LLAMA


def new_mllama(recipe: MllamaRecipe, quick: bool) -> tuple[TrainingMllama, LlamaConfig, PreTrainedTokenizerFast]:
    """As it is before its first step: without a picture llama-tiny, with one blind, for its gates are shut."""
    folder = llama_folder(quick)
    tokenizer, llama = open_tokenizer(folder), LlamaConfig.from_pretrained(folder)
    tower = open_tower(recipe.start)
    sizes = tower[0] if tower else {"hidden_size": 64, "num_hidden_layers": 3, "intermediate_size": 128, "attention_heads": 4}
    torch.manual_seed(recipe.seed)
    model = TrainingMllama(mllama_config(recipe, llama, image_token(tokenizer), sizes), llama, recipe.gate_gain)
    initialise(model, recipe.seed)
    state = language_weights(folder, recipe)
    if tower:
        state |= vision_weights(*tower, recipe.token_spread)
    model.load_hub(state)
    return model, llama, tokenizer


def language_weights(folder: Path, recipe: MllamaRecipe) -> dict[str, Tensor]:
    """llama-tiny's layers at the places between the new ones; the embeddings with the 8 rows more that the model has."""
    llama = load_file(folder / "model.safetensors")
    table = llama["model.embed_tokens.weight"]
    state = {"language_model.lm_head.weight": table, "language_model.model.norm.weight": llama["model.norm.weight"]}
    state["language_model.model.embed_tokens.weight"] = torch.cat([table, torch.zeros_like(table[:8])])
    count = 1 + max(int(name.split(".")[2]) for name in llama if name.startswith("model.layers."))
    places = [i for i in range(count + len(recipe.cross_layers)) if i not in recipe.cross_layers]
    for old, new in enumerate(places):
        before = f"model.layers.{old}."
        named = {name.removeprefix(before): value for name, value in llama.items() if name.startswith(before)}
        state |= {f"language_model.model.layers.{new}.{name}": value for name, value in named.items()}
    return state


def settled_start(recipe: MllamaRecipe, run: Path) -> str:
    """Which model's tower a run starts from: what is there when it begins, and the same when it resumes."""
    path = run / "start.txt"
    if not path.exists():
        run.mkdir(parents=True, exist_ok=True)
        path.write_text(recipe.start if (MODELS / recipe.start / "model.safetensors").exists() else NOTHING)
    return path.read_text()


def open_tower(name: str) -> tuple[dict, dict[str, Tensor]] | None:
    """The sizes of a trained tower for pictures of 128 × 128 and its weights, by the names of CLIP's, which are nearer to mllama's."""
    print(f"mllama: the encoder starts from {name}", flush=True)
    if name == NOTHING:
        return None
    folder = MODELS / name
    config = AutoConfig.from_pretrained(folder)
    sizes = (getattr(config, "image_size", None), getattr(config, "patch_size", None))
    if config.model_type != "vit" or sizes != (2 * TILE, PATCH):
        raise SystemExit(f"mllama: expected a ViT for {2 * TILE} pixels in patches of {PATCH}, got {name}; a run that began with it has to be removed")
    found = (config.hidden_size, config.num_hidden_layers, config.intermediate_size, config.num_attention_heads)
    state = {key: value.float() for key, value in load_file(folder / "model.safetensors").items()}
    return dict(zip(SIZES, found)), clip_names(state)


VIT_NAMES = {
    "vit.embeddings.cls_token": "embeddings.class_embedding",
    "vit.embeddings.position_embeddings": "embeddings.position_embedding.weight",
    "vit.embeddings.patch_embeddings.projection.": "embeddings.patch_embedding.",
    "vit.layernorm.": "post_layernorm.",
    "vit.encoder.layer.": "encoder.layers.",
    "attention.attention.query.": "self_attn.q_proj.",
    "attention.attention.key.": "self_attn.k_proj.",
    "attention.attention.value.": "self_attn.v_proj.",
    "attention.output.dense.": "self_attn.out_proj.",
    "intermediate.dense.": "mlp.fc1.",
    "output.dense.": "mlp.fc2.",
    "layernorm_before.": "layer_norm1.",
    "layernorm_after.": "layer_norm2.",
}


def clip_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    named = {}
    for name, value in state.items():
        for old, new in VIT_NAMES.items():
            name = name.replace(old, new)
        named[name] = value.squeeze(0) if "position" in name else value.flatten() if "class_embedding" in name else value
    return named


def vision_weights(sizes: dict, tower: dict[str, Tensor], spread: float) -> dict[str, Tensor]:
    """The tower's weights at their places in the encoder. Its attention has biases and this one has none: what they do is
    put, as well as it can be, into the bias of the norm before (`folded`)."""
    state = {"patch_embedding.weight": tower["embeddings.patch_embedding.weight"]}
    position = tower["embeddings.position_embedding.weight"]  # [1 + patches, D]
    d = sizes["hidden_size"]
    own_bias = tower["embeddings.patch_embedding.bias"]  # mllama's has none: the positions bring it
    tiles = tile_positions(position + torch.cat([torch.zeros(1, d), own_bias.expand(len(position) - 1, d)]))
    mean = tiles[GRIDS.index((2, 2)) + 1].mean(0)  # [P, D]
    state["class_embedding"] = tower["embeddings.class_embedding"]
    # Half of each: the gate at atanh(1/2) blends what a place in a tile says with what it says in this grid.
    state["gated_positional_embedding.gate"] = torch.full((1,), 0.5493)
    state["gated_positional_embedding.embedding"] = mean
    state["gated_positional_embedding.tile_embedding.weight"] = (2 * tiles - mean).flatten(1)
    state["layernorm_pre.weight"] = torch.full((d,), spread)  # ViT has no such norm: its tokens keep about their size
    for part in ("weight", "bias"):
        state[f"layernorm_post.{part}"] = tower[f"post_layernorm.{part}"]
    for i in range(sizes["num_hidden_layers"]):
        old, new = f"encoder.layers.{i}.", f"transformer.layers.{i}."
        for theirs, ours in (("q_proj", "q_proj"), ("k_proj", "k_proj"), ("v_proj", "v_proj"), ("out_proj", "o_proj")):
            state[f"{new}self_attn.{ours}.weight"] = tower[f"{old}self_attn.{theirs}.weight"]
        for theirs, ours in (("layer_norm1", "input_layernorm"), ("layer_norm2", "post_attention_layernorm"), ("mlp.fc1",) * 2, ("mlp.fc2",) * 2):
            state |= {f"{new}{ours}.{part}": tower[f"{old}{theirs}.{part}"] for part in ("weight", "bias")}
        state[f"{new}input_layernorm.bias"] = state[f"{new}input_layernorm.bias"] + folded(tower, f"{old}self_attn.")
    return {f"vision_model.{name}": value for name, value in state.items()}


def folded(tower: dict[str, Tensor], layer: str) -> Tensor:
    """The shift of attention's input that does most nearly what its biases did: Wq δ = bq, Wo Wv δ = Wo bv + bo. What the shift
    does to the keys changes nothing, for it is the same for all of them. -> [D]"""
    w = {name: tower[f"{layer}{name}.weight"] for name in ("q_proj", "v_proj", "out_proj")}
    b = {name: tower[f"{layer}{name}.bias"] for name in ("q_proj", "v_proj", "out_proj")}
    matrix = torch.cat([w["q_proj"], w["out_proj"] @ w["v_proj"], 0.05 * torch.eye(len(w["q_proj"]))])
    wanted = torch.cat([b["q_proj"], w["out_proj"] @ b["v_proj"] + b["out_proj"], torch.zeros(len(w["q_proj"]))])
    return torch.linalg.lstsq(matrix, wanted[:, None]).solution[:, 0]


def tile_positions(position: Tensor) -> Tensor:
    """[1 + 2n · 2n, D], of the class token and of each patch of a whole picture -> [9, L, P, D]: of each grid, each tile. A grid of
    another shape than 2 × 2 spans the same picture, more finely or more coarsely."""
    d, n = position.shape[1], TILE // PATCH
    field = position[1:].view(1, 2 * n, 2 * n, d).permute(0, 3, 1, 2)
    out = position[0].repeat(len(GRIDS) + 1, TILES, n * n + 1, 1)
    for i, (rows, columns) in enumerate(GRIDS, 1):
        spread = F.interpolate(field, (rows * n, columns * n), mode="bilinear", antialias=True)[0]  # [D, rows · n, columns · n]
        tiles = spread.view(d, rows, n, columns, n).permute(1, 3, 2, 4, 0).reshape(rows * columns, n * n, d)
        out[i, : rows * columns, 1:] = tiles
    return out
