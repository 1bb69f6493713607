"""config.json and the processor's file, as the Hub has them, from those of the models that mllama is made of."""

from transformers import LlamaConfig, MllamaConfig

from ..vlm.rows import IMAGE
from .recipe import MllamaRecipe

TILE, TILES, PATCH = 64, 4, 8
GRIDS = [(h, w) for h in range(1, TILES + 1) for w in range(1, TILES + 1) if h * w <= TILES]  # aspect ratio id i: GRIDS[i - 1]


def mllama_config(recipe: MllamaRecipe, llama: LlamaConfig, image: int, vision: dict) -> MllamaConfig:
    """`image`: the number of the image token; `vision`: sizes of the tower that the encoder starts from."""
    text = {
        name: getattr(llama, name)
        for name in (
            "vocab_size", "hidden_size", "intermediate_size", "num_attention_heads", "num_key_value_heads", "hidden_act",
            "max_position_embeddings", "rms_norm_eps", "rope_parameters", "bos_token_id", "eos_token_id", "pad_token_id",
        )
    }  # fmt: skip
    return MllamaConfig(
        architectures=["MllamaForConditionalGeneration"],
        image_token_index=image,
        text_config={
            "model_type": "mllama_text_model",
            **text,
            "num_hidden_layers": llama.num_hidden_layers + len(recipe.cross_layers),
            "cross_attention_layers": list(recipe.cross_layers),
            "tie_word_embeddings": False,  # the matrix is in the file twice, as in the published model
        },
        vision_config={
            "model_type": "mllama_vision_model",
            **vision,
            "num_global_layers": recipe.global_layers,
            "intermediate_layers_indices": list(recipe.taps),
            "vision_output_dim": vision["hidden_size"] * (1 + len(recipe.taps)),
            "image_size": TILE,
            "patch_size": PATCH,
            "max_num_tiles": TILES,
            "supported_aspect_ratios": [list(grid) for grid in GRIDS],
        },
    )


def image_token(tokenizer) -> int:
    return tokenizer.convert_tokens_to_ids(IMAGE)


PROCESSOR = {
    "image_processor_type": "MllamaImageProcessor",
    "do_convert_rgb": True,
    "do_normalize": True,
    "do_pad": True,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "max_image_tiles": TILES,
    "resample": 2,
    "rescale_factor": 1 / 255,
    "size": {"height": TILE, "width": TILE},
}
