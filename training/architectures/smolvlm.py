"""SmolVLM and Idefics3: two small checkpoints, the image processor that cuts pictures into tiles, and the prompts in which
every tile has its places.

The tokenizer is a stand-in with the special tokens of the real one. transformers' own SmolVLM processor needs a package for
video; its prompts come from the function that it calls, and Idefics3's processor, which needs none, makes the same.
"""

import json
import shutil

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    Idefics3Config,
    Idefics3ForConditionalGeneration,
    Idefics3Processor,
    PreTrainedTokenizerFast,
    SmolVLMConfig,
    SmolVLMForConditionalGeneration,
)
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
from transformers.models.smolvlm.configuration_smolvlm import SmolVLMVisionConfig
from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil
from transformers.models.smolvlm.modeling_smolvlm import SmolVLMVisionEmbeddings
from transformers.models.smolvlm.processing_smolvlm import get_image_prompt_string

from ..fixtures import picture
from ..paths import FIXTURES
from . import randomise, save

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<end_of_utterance>", "<fake_token_around_image>", "<image>", "<global-img>"]
SPECIAL += [f"<row_{row}_col_{column}>" for row in range(1, 5) for column in range(1, 5)]
LINES = ["User: Assistant:\n\n What is in this picture, and what is beside it? Compare the two.", "a cat and a sign"]


def stand_in_tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(LINES * 3, trainers.BpeTrainer(vocab_size=131, special_tokens=SPECIAL, show_progress=False))
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<end_of_utterance>", pad_token="<|im_start|>", unk_token="<|endoftext|>"
    )


TOKENIZER = stand_in_tokenizer()
IMAGE = TOKENIZER.convert_tokens_to_ids("<image>")
PAD = TOKENIZER.pad_token_id

CONFIG = {
    "architectures": ["SmolVLMForConditionalGeneration"],
    "model_type": "smolvlm",
    "image_token_id": IMAGE,
    "scale_factor": 2,
    "tie_word_embeddings": False,
    "vision_config": {
        "model_type": "smolvlm_vision",
        "hidden_size": 24,
        "intermediate_size": 42,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "image_size": 20,
        "patch_size": 5,
        # The rest as it is in the real model: gelu_pytorch_tanh, eps 1e-6, 3 channels.
    },
    "text_config": {
        "model_type": "llama",
        "vocab_size": len(TOKENIZER),
        "hidden_size": 36,
        "intermediate_size": 50,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "num_key_value_heads": 1,
        "head_dim": 12,
        "max_position_embeddings": 256,
        "rope_theta": 100000.0,
        "rms_norm_eps": 1e-5,
        "bos_token_id": 0,
        "eos_token_id": 2,
        "pad_token_id": PAD,
        "tie_word_embeddings": False,
    },
}
IDEFICS3 = CONFIG | {
    "architectures": ["Idefics3ForConditionalGeneration"],
    "model_type": "idefics3",
    "scale_factor": 3,
    "tie_word_embeddings": True,
    "vision_config": CONFIG["vision_config"] | {"model_type": "idefics3_vision", "image_size": 24, "patch_size": 4},
}

PROCESSOR = {
    "image_processor_type": "SmolVLMImageProcessor",
    "do_convert_rgb": True,
    "do_image_splitting": True,
    "do_normalize": True,
    "do_pad": True,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "max_image_size": {"longest_edge": 20},
    "resample": 1,
    "rescale_factor": 0.00392156862745098,
    "size": {"longest_edge": 80},
}


def places(tiles: int, tokens: int = 4) -> list[int]:
    """Stand-ins for the tokens around tiles, and the places of each tile."""
    return [token for tile in range(tiles) for token in [3, 6 + tile, *[IMAGE] * tokens]] + [3]


def counted(mask: torch.Tensor) -> torch.Tensor:
    return (mask.cumsum(-1) - 1).clamp(min=0)


def write_smolvlm() -> None:
    config = SmolVLMConfig(**json.loads(json.dumps(CONFIG)))
    config._attn_implementation = "eager"
    model = SmolVLMForConditionalGeneration(config)
    randomise(model, seed=40)
    generator = torch.Generator().manual_seed(41)
    pixels = torch.randn(2, 3, 3, 20, 20, generator=generator)
    mask = torch.ones(2, 3, 20, 20, dtype=torch.long)
    pixels[1, 1:] = 0  # the second row has one tile, and only a part of it is picture: 13 × 9 pixels, 3 × 2 patches
    mask[1, 1:] = 0
    mask[1, 0, 13:] = 0
    mask[1, 0, :, 9:] = 0
    pixels[mask[:, :, None].expand_as(pixels) == 0] = 0
    pictures = {"pixel_values": pixels, "pixel_attention_mask": mask}

    long = [1, 40, *places(3), 50, 61, 77]
    short = [1, 33, *places(1), 90, 58]
    length = len(long)
    rows = torch.tensor([long, short + [PAD] * (length - len(short))])
    attention = torch.tensor([[1] * length, [1] * len(short) + [0] * (length - len(short))])
    golden = {name: value.float() for name, value in pictures.items()}
    golden |= {"input_ids": rows.float(), "attention_mask": attention.float()}
    with torch.no_grad():
        seen: dict[str, torch.Tensor] = {}

        def watch(module: torch.nn.Module, name: str) -> None:
            module.register_forward_hook(lambda _m, _i, out: seen.__setitem__(name, out[0] if isinstance(out, tuple) else out))

        watch(model.model.vision_model.embeddings, "vision.embeddings")
        watch(model.model.vision_model.encoder.layers[0], "vision.layers.0")
        watch(model.model.vision_model.post_layernorm, "vision.post_layernorm")
        watch(model.model.connector, "connector")
        for i, layer in enumerate(model.model.text_model.layers):
            watch(layer, f"text.layers.{i}")
        text = {"input_ids": rows, "attention_mask": attention, "position_ids": counted(attention)}
        golden["logits"] = model(**text, **pictures).logits
        golden |= {name: value.clone() for name, value in seen.items()}

        only = torch.tensor([[1, 40, 50, 61, 77, 12]])
        golden |= {"text.input_ids": only.float(), "text.logits": model(input_ids=only).logits}

        how = {"max_new_tokens": 7, "min_new_tokens": 7, "do_sample": False, "output_logits": True, "return_dict_in_generate": True}
        one = {name: value[:1] for name, value in pictures.items()}
        said = model.generate(input_ids=rows[:1], attention_mask=attention[:1], **one, **how)
        golden |= {"generate.tokens": said.sequences[:, length:].float(), "generate.logits": torch.stack(said.logits, 1)}
        left = torch.tensor([long, [PAD] * (length - len(short)) + short])
        said = model.generate(input_ids=left, attention_mask=attention.flip(1), **pictures, **how)
        golden |= {"left.input_ids": left.float(), "left.tokens": said.sequences[:, length:].float()}
        golden |= {"left.logits": torch.stack(said.logits, 1), "left.attention_mask": attention.flip(1).float()}

    backend = json.loads(TOKENIZER.backend_tokenizer.to_str())
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<end_of_utterance>", "pad_token": "<|im_start|>"}
    files = {"preprocessor_config.json": PROCESSOR, "tokenizer.json": backend, "tokenizer_config.json": settings}
    save("smolvlm-odd", CONFIG, dict(model.state_dict()), golden, files, family="smolvlm")


def write_idefics3() -> None:
    """Another name, another fold, and the embeddings as the last matrix."""
    config = Idefics3Config(**json.loads(json.dumps(IDEFICS3)))
    config._attn_implementation = "eager"
    model = Idefics3ForConditionalGeneration(config)
    randomise(model, seed=50)
    model.tie_weights()
    pixels = torch.randn(1, 2, 3, 24, 24, generator=torch.Generator().manual_seed(51))
    rows = torch.tensor([[1, 40, *places(2), 50, 61, 77]])
    with torch.no_grad():
        logits = model(input_ids=rows, pixel_values=pixels).logits
    weights = {name: value for name, value in model.state_dict().items() if name != "lm_head.weight"}
    processor = PROCESSOR | {"image_processor_type": "Idefics3ImageProcessor", "max_image_size": {"longest_edge": 24}}
    golden = {"input_ids": rows.float(), "pixel_values": pixels, "logits": logits}
    save("idefics3-odd", IDEFICS3, weights, golden, {"preprocessor_config.json": processor}, family="smolvlm")


SIZES = ((20, 20), (80, 80), (64, 31), (31, 77), (130, 9), (90, 61), (5, 3), (1, 1), (23, 90))  # width, height
GRIDS = (4, 16, 24, 26, 27, 28, 32)
TEXTS = [
    (["What is in this <image>picture?"], [[(64, 31)]]),
    (["<|im_start|>User:<image>Compare the two.<image><end_of_utterance>\nAssistant:"], [[(31, 77), (23, 90)]]),
    (["User:<image> a cat", "<image><image>and what is beside it?"], [[(90, 61)], [(20, 20), (5, 3)]]),
]


def positions() -> dict[int, dict[int, list[int]]]:
    """The row of the grid for each patch of a picture of n patches down, for every n: from transformers' own embeddings."""
    found: dict[int, dict[int, list[int]]] = {}
    for grid in GRIDS:
        config = SmolVLMVisionConfig(image_size=grid, patch_size=1, hidden_size=1, num_attention_heads=1)
        embeddings = SmolVLMVisionEmbeddings(config)
        with torch.no_grad():
            embeddings.patch_embedding.weight.zero_()
            embeddings.patch_embedding.bias.zero_()
            embeddings.position_embedding.weight.copy_(torch.arange(grid * grid).view(-1, 1))
            found[grid] = {}
            for n in range(1, grid + 1):
                mask = torch.zeros(1, grid, grid, dtype=torch.bool)
                mask[:, :n] = True
                ids = embeddings(torch.zeros(1, 3, grid, grid), mask).view(grid, grid).long()
                assert torch.equal(ids[:n] % grid, torch.arange(grid).expand(n, grid)) and ids[n:].sum() == 0
                found[grid][n] = (ids[:n, 0] // grid).tolist()
    return found


def write_processor() -> None:
    folder = FIXTURES / "smolvlm-processor"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "preprocessor_config.json").write_text(json.dumps(PROCESSOR, indent=2) + "\n")
    settings = {name: value for name, value in PROCESSOR.items() if name != "image_processor_type"}
    processor = SmolVLMImageProcessorPil(**settings)
    golden: dict[str, torch.Tensor] = {}
    pictures: dict[tuple[int, int], Image.Image] = {}
    grids = {}
    for seed, (width, height) in enumerate(SIZES):
        name = f"{width}x{height}"
        pixels = picture(width, height, seed)
        pictures[width, height] = Image.fromarray(pixels)
        out = processor(images=[[pictures[width, height]]], return_tensors="pt", return_row_col_info=True)
        assert out["pixel_attention_mask"].all()
        golden[f"input.{name}"] = torch.from_numpy(pixels)
        golden[f"levels.{name}"] = ((out["pixel_values"][0] * 0.5 + 0.5) * 255).round().to(torch.uint8)
        whole = processor(images=[[pictures[width, height]]], return_tensors="pt", do_image_splitting=False)
        golden[f"whole.{name}"] = ((whole["pixel_values"][0] * 0.5 + 0.5) * 255).round().to(torch.uint8)
        grids[name] = [out["rows"][0][0], out["cols"][0][0]]

    rng = np.random.default_rng(4)
    sizes = [tuple(map(int, np.exp(rng.uniform(0, np.log(4000), 2)) + 0.5)) for _ in range(60)]
    sizes += [(512, 512), (2048, 2048), (2049, 2048), (1, 3000), (3000, 1), (1365, 2048), (100, 101)]
    real = SmolVLMImageProcessorPil(**settings | {"size": {"longest_edge": 2048}, "max_image_size": {"longest_edge": 512}})
    steps = []  # [height, width, after the first resize, after the second]: shapes only, so of empty pictures
    for height, width in sizes:
        empty = np.zeros((1, height, width), dtype=np.uint8)
        first = real.resize(empty, real.size, resample=0).shape[-2:]
        second = real.resize_for_vision_encoder(np.zeros((1, *first), dtype=np.uint8), 512, resample=0).shape[-2:]
        steps.append([height, width, *map(int, first), *map(int, second)])

    prompts = []
    both = Idefics3Processor(Idefics3ImageProcessorPil(**settings), TOKENIZER, image_seq_len=4)
    for texts, sets in TEXTS:
        images = [[pictures[size] for size in row] for row in sets]
        out = both(images=images, text=texts, padding=len(texts) > 1, padding_side="right")
        for b, (text, row) in enumerate(zip(texts, sets)):
            ids = [token for token, kept in zip(out["input_ids"][b], out["attention_mask"][b]) if kept]
            parts = text.split("<image>")
            strings = [
                get_image_prompt_string(*grids[f"{w}x{h}"], 4, "<fake_token_around_image>", "<image>", "<global-img>")
                for w, h in row
            ]
            expanded = parts[0] + "".join(image + part for image, part in zip(strings, parts[1:]))
            assert TOKENIZER(expanded)["input_ids"] == ids  # SmolVLM's words and Idefics3's are the same
            prompts.append({"text": text, "sizes": [f"{w}x{h}" for w, h in row], "inputIds": ids})
    cases = {"grids": grids, "steps": steps, "prompts": prompts, "positions": positions(), "imageToken": IMAGE}
    (folder / "cases.json").write_text(json.dumps(cases) + "\n")
    save_file(golden, folder / "golden.safetensors", metadata={"command": "python -m training architectures smolvlm"})


def write() -> None:
    write_smolvlm()
    write_idefics3()
    write_processor()
