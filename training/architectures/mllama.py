"""Llama 3.2 Vision: a small checkpoint with several images and tiles, and its image processor.

Where the vision encoder is looked into, `transformers` 5 and the checkpoints disagree. Meta's code, with which they were
trained, keeps the state that ENTERS layer i for each i of intermediate_layers_indices
(github.com/meta-llama/llama-models, models/llama3/multimodal/model.py, ImageTransformer.forward), and so did transformers
when it first had the model (github.com/huggingface/transformers/pull/39785). Version 5.23 keeps the state that LEAVES it.
config.json here has the numbers as the Hub's files have them; the oracle is given each less one, which is the same state.
"""

import json
import shutil

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import MllamaConfig, MllamaForConditionalGeneration
from transformers.models.mllama.image_processing_pil_mllama import (
    MllamaImageProcessorPil,
    get_all_supported_aspect_ratios,
    get_image_size_fit_to_canvas,
    get_optimal_tiled_canvas,
)
from transformers.models.mllama.processing_mllama import (
    build_string_from_input,
    convert_sparse_cross_attention_mask_to_dense,
    get_cross_attention_token_mask,
)

from ..fixtures import picture
from ..paths import FIXTURES
from . import randomise, save

IMAGE = 101  # the token after the last of the vocabulary, as in the real model
PAD = 99

CONFIG = {
    "architectures": ["MllamaForConditionalGeneration"],
    "model_type": "mllama",
    "image_token_index": IMAGE,
    "vision_config": {
        "model_type": "mllama_vision_model",
        "hidden_size": 24,
        "num_hidden_layers": 3,
        "num_global_layers": 2,
        "attention_heads": 3,
        "intermediate_size": 42,
        "vision_output_dim": 72,
        "image_size": 20,
        "patch_size": 5,
        "intermediate_layers_indices": [1, 2],
        # The rest as it is in the real model: 4 tiles, 8 grids, gelu, 3 channels.
    },
    "text_config": {
        "model_type": "mllama_text_model",
        "vocab_size": 101,
        "hidden_size": 36,
        "num_hidden_layers": 5,
        "cross_attention_layers": [1, 3],
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "intermediate_size": 50,
        "max_position_embeddings": 512,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "rope_scaling": {
            "rope_type": "llama3",
            "factor": 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 32,  # low enough that all three cases of the formula occur
        },
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": PAD,
        "tie_word_embeddings": False,
    },
}


def hub_name(name: str) -> str:
    """A name of transformers 5 as files on the Hub spell it."""
    if name == "lm_head.weight":
        return "language_model.lm_head.weight"
    return name.removeprefix("model.").replace("language_model.", "language_model.model.", 1)


def odd_model() -> MllamaForConditionalGeneration:
    oracle = json.loads(json.dumps(CONFIG))
    taps = oracle["vision_config"]["intermediate_layers_indices"]
    oracle["vision_config"]["intermediate_layers_indices"] = [i - 1 for i in taps]
    config = MllamaConfig(**oracle)
    config._attn_implementation = "eager"
    model = MllamaForConditionalGeneration(config)
    randomise(model, seed=32)
    with torch.no_grad():  # gates that are neither shut nor quite open, each different
        gates = [weight for name, weight in model.named_parameters() if "gate" in name and weight.shape == (1,)]
        for i, gate in enumerate(gates):
            gate.fill_((0.4 + 0.07 * i) * (-1) ** i)
    return model


def cross_mask(rows: list[list[int]], tiles: list[list[int]]) -> torch.Tensor:
    spans = [get_cross_attention_token_mask(row, IMAGE) for row in rows]
    return torch.from_numpy(convert_sparse_cross_attention_mask_to_dense(spans, tiles, 4, max(map(len, rows))))


def counted(mask: torch.Tensor) -> torch.Tensor:
    return (mask.cumsum(-1) - 1).clamp(min=0)


def images(seed: int) -> dict[str, torch.Tensor]:
    """Two rows of images: one of 1 × 2 tiles and one of a single tile; and one of 3 × 1 tiles, and one that fills the batch."""
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randn(2, 2, 4, 3, 20, 20, generator=generator)
    mask = torch.tensor([[[1, 1, 0, 0], [1, 0, 0, 0]], [[1, 1, 1, 0], [1, 0, 0, 0]]])
    pixels[mask == 0] = 0
    pixels[1, 1] = 0  # no image: yet transformers says that it has one tile
    return {"pixel_values": pixels, "aspect_ratio_ids": torch.tensor([[2, 1], [7, 0]]), "aspect_ratio_mask": mask}


TILES = [[2, 1], [3]]
ROWS = [
    [1, 17, IMAGE, 5, 88, 42, 60, IMAGE, 7, 31, 31, 95, 12, 3],
    [1, IMAGE, 64, 20, 77, 9, 50, 33, 2, 71, PAD, PAD, PAD, PAD],
]


def write_model() -> None:
    model = odd_model()
    pictures = images(5)
    ids = torch.tensor(ROWS)
    attention_mask = (ids != PAD).long()
    golden: dict[str, torch.Tensor] = {name: value.float() for name, value in pictures.items()}
    golden |= {"input_ids": ids.float(), "attention_mask": attention_mask.float()}

    with torch.no_grad():
        seen: dict[str, torch.Tensor] = {}

        def watch(module: torch.nn.Module, name: str) -> None:
            module.register_forward_hook(lambda _m, _i, out: seen.__setitem__(name, out[0] if isinstance(out, tuple) else out))

        vision = model.model.vision_model
        for i, layer in enumerate(vision.transformer.layers):
            watch(layer, f"vision.transformer.{i}")
        for i, layer in enumerate(vision.global_transformer.layers):
            watch(layer, f"vision.global_transformer.{i}")
        watch(vision.layernorm_pre, "vision.layernorm_pre")
        watch(model.model.multi_modal_projector, "projector")
        for i, layer in enumerate(model.model.language_model.layers):
            watch(layer, f"text.layers.{i}")
        both = {"input_ids": ids, "attention_mask": attention_mask, "position_ids": counted(attention_mask)}
        logits = model(**both, **pictures, cross_attention_mask=cross_mask(ROWS, TILES)).logits
        last = vision(**pictures).last_hidden_state
        # The state that enters a layer leaves the one before it, interleaved: number c of tap l at D + c * K + l.
        taps = torch.stack([seen["vision.transformer.0"], seen["vision.transformer.1"]], -1).reshape(4, 4, 24, 48)
        assert torch.equal(last.reshape(4, 4, 17, 72)[..., 24:], taps[:, :, :17])

        golden |= {"logits": logits, "vision.last_hidden_state": last}
        golden |= {name: seen[name].clone() for name in ("vision.layernorm_pre", "projector")}
        golden["vision.global_transformer.0"] = seen["vision.global_transformer.0"].clone()
        golden |= {f"text.layers.{i}": seen[f"text.layers.{i}"].clone() for i in range(5)}

        text = torch.tensor([ROWS[0][:2] + ROWS[0][3:7]])
        golden |= {"text.input_ids": text.float(), "text.logits": model(input_ids=text).logits}

        # What it says next: one row, and two rows of different lengths, padded on the left.
        one = {name: value[:1] for name, value in pictures.items()}
        mask = cross_mask(ROWS[:1], TILES[:1])
        how = {"max_new_tokens": 7, "min_new_tokens": 7, "do_sample": False, "output_logits": True, "return_dict_in_generate": True}
        said = model.generate(input_ids=ids[:1], **one, cross_attention_mask=mask, **how)
        golden |= {"generate.tokens": said.sequences[:, ids.shape[1] :].float(), "generate.logits": torch.stack(said.logits, 1)}

        short = [token for token in ROWS[1] if token != PAD]
        left = [ROWS[0], [PAD] * (len(ROWS[0]) - len(short)) + short]
        padded = torch.tensor(left)
        said = model.generate(
            input_ids=padded,
            attention_mask=(padded != PAD).long(),
            **pictures,
            cross_attention_mask=cross_mask(left, TILES),
            **how,
        )
        golden |= {"left.input_ids": padded.float(), "left.tokens": said.sequences[:, ids.shape[1] :].float()}
        golden["left.logits"] = torch.stack(said.logits, 1)

    weights = {hub_name(name): value for name, value in model.state_dict().items()}
    save("mllama-odd", CONFIG, weights, golden, {"preprocessor_config.json": PROCESSOR}, family="mllama")


PROCESSOR = {
    "image_processor_type": "MllamaImageProcessor",
    "do_convert_rgb": True,
    "do_normalize": True,
    "do_pad": True,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "max_image_tiles": 4,
    "resample": 2,
    "rescale_factor": 0.00392156862745098,
    "size": {"height": 20, "width": 20},
}
SIZES = ((20, 20), (8, 8), (45, 19), (97, 31), (31, 77), (130, 9), (64, 64), (50, 41), (1, 1), (23, 70))  # width, height


def write_processor() -> None:
    """Pictures through the processor; the grid of many sizes; the masks of many prompts."""
    folder = FIXTURES / "mllama-processor"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "preprocessor_config.json").write_text(json.dumps(PROCESSOR, indent=2) + "\n")
    settings = {name: value for name, value in PROCESSOR.items() if name != "image_processor_type"}
    processor = MllamaImageProcessorPil(**settings)
    mean, std = (torch.tensor(PROCESSOR[name]).view(3, 1, 1) for name in ("image_mean", "image_std"))
    golden: dict[str, torch.Tensor] = {}
    for seed, (width, height) in enumerate(SIZES):
        name = f"{width}x{height}"
        pixels = picture(width, height, seed)
        out = processor(images=[[Image.fromarray(pixels)]], return_tensors="pt")
        tiles = int(out["aspect_ratio_mask"].sum())
        golden[f"input.{name}"] = torch.from_numpy(pixels)
        golden[f"levels.{name}"] = ((out["pixel_values"][0, 0, :tiles] * std + mean) * 255).round().to(torch.uint8)
        golden[f"ids.{name}"] = torch.stack([out["aspect_ratio_ids"][0, 0], torch.tensor(tiles)]).to(torch.uint8)
        if seed in (2, 7):
            golden[f"pixel_values.{name}"] = out["pixel_values"][0, 0].float()

    rng = np.random.default_rng(4)
    sizes = [tuple(map(int, np.exp(rng.uniform(0, np.log(4000), 2)) + 0.5)) for _ in range(250)]
    sizes += [(560, 560), (1120, 1120), (1121, 1120), (1, 4000), (4000, 1), (561, 560), (2240, 560), (840, 840), (1680, 559)]
    canvases = []
    for height, width in sizes:
        canvas = get_optimal_tiled_canvas(height, width, 4, 560)
        fitted = get_image_size_fit_to_canvas(height, width, *canvas, 560)
        canvases.append([height, width, int(canvas[0]) // 560, int(canvas[1]) // 560, *map(int, fitted)])

    prompts = []
    for _ in range(40):
        length = int(rng.integers(1, 12))
        row = [IMAGE if rng.random() < 0.35 else int(rng.integers(3, 90)) for _ in range(length)]
        tiles = [int(rng.integers(1, 5)) for token in row if token == IMAGE]
        if not tiles:
            continue
        dense = convert_sparse_cross_attention_mask_to_dense([get_cross_attention_token_mask(row, IMAGE)], [tiles], 4, length)
        prompts.append({"inputIds": row, "numTiles": tiles, "mask": "".join(map(str, dense.flatten().tolist()))})
    ratios = {tiles: get_all_supported_aspect_ratios(tiles) for tiles in (1, 2, 3, 4, 6)}
    first = "<|begin_of_text|>"
    plain = ["A haiku", "<|image|>A haiku", "<|image|><|image|>Two", "See <|image|>it", f"<|image|>{first}A haiku", f"{first}<|image|>A"]
    texts = [[text, build_string_from_input(text, first, "<|image|>")] for text in plain]
    cases = {"canvases": canvases, "prompts": prompts, "ratios": ratios, "texts": texts, "imageToken": IMAGE}
    (folder / "cases.json").write_text(json.dumps(cases) + "\n")
    save_file(golden, folder / "golden.safetensors", metadata={"command": "python -m training architectures mllama"})


def write() -> None:
    write_model()
    write_processor()
