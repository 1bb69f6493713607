"""Llama in its variants, and sampling.

llama-odd     untied, 3 queries to a key, biases, head_dim of its own, llama3 RoPE beyond its knee, odd vocabulary
llama-tied    Llama 3.2's form
llama-linear  a config from before transformers 4.45
smollm-like   bf16, RoPE parameters as transformers 5 writes them, a tokenizer and a chat template
llama-long    131,072 positions
sampling      what transformers' logits processors make of a row of logits, in the order in which `generate` applies them.
"""

import json
import math

import torch
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.cache_utils import DynamicCache
from transformers.generation.logits_process import (
    LogitsProcessorList,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from ..paths import FIXTURES
from . import randomise, save
from .tokenizer import CHATS, smollm_tokenizer, tokenizer_files

FAMILY = "language"


def store(folder: str, config: dict, weights: dict, golden: dict, files: dict | None = None) -> None:
    """Goldens as f32, token ids too: that is what the tests read."""
    save(folder, config, weights, {name: value.float() for name, value in golden.items()}, files, FAMILY)

# ---------------------------------------------------------------------------------------------------------------------
# Models


def golden_of(model: LlamaForCausalLM, batch: list[list[int]], far: int) -> dict[str, torch.Tensor]:
    """One row with everything inside; both rows padded left and right; the first row at positions from `far` on."""
    config = model.config
    golden: dict[str, torch.Tensor] = {}
    rows = [torch.tensor([row]) for row in batch]
    with torch.no_grad():
        one = model(input_ids=rows[0], output_attentions=True, output_hidden_states=True)
        golden |= {"input_ids": rows[0], "logits": one.logits, "last_hidden_state": one.hidden_states[-1]}
        golden |= {f"attentions.{i}": a for i, a in enumerate(one.attentions)}
        golden |= {f"hidden_states.{i}": h for i, h in enumerate(one.hidden_states[:-1])}
        width = max(row.shape[1] for row in rows)
        for side in ("left", "right"):
            ids, mask = [], []
            for row in rows:
                filling = torch.full((1, width - row.shape[1]), config.pad_token_id or 0)
                parts = [filling, row] if side == "left" else [row, filling]
                real = [torch.zeros_like(filling), torch.ones_like(row)]
                ids.append(torch.cat(parts, 1))
                mask.append(torch.cat(real if side == "left" else real[::-1], 1))
            input_ids, attention_mask = torch.cat(ids), torch.cat(mask)
            position_ids = (attention_mask.cumsum(-1) - 1).masked_fill(attention_mask == 0, 0)  # as `generate` counts
            out = model(input_ids=input_ids, attention_mask=attention_mask, position_ids=position_ids)
            golden |= {f"{side}.input_ids": input_ids, f"{side}.attention_mask": attention_mask}
            golden |= {f"{side}.logits": out.logits}
        position_ids = torch.arange(rows[0].shape[1])[None] + far
        golden["far.position_ids"] = position_ids
        golden["far.logits"] = model(input_ids=rows[0], position_ids=position_ids).logits
        # The same text, one token's position moved on: rotations are relative, so moving all would change nothing.
        position_ids = torch.arange(rows[0].shape[1])[None].clone()
        position_ids[0, rows[0].shape[1] // 2 :] += far
        golden["gap.position_ids"] = position_ids
        golden["gap.logits"] = model(input_ids=rows[0], position_ids=position_ids).logits
    return golden | angles_of(model)


def angles_of(model: LlamaForCausalLM) -> dict[str, torch.Tensor]:
    """RoPE's frequencies, and cosines and sines at some positions: [1, T, E]"""
    rotary = model.model.rotary_emb
    positions = torch.tensor([[0, 1, 7, 100, 4095, 8191, 65_535, 131_071]])
    cos, sin = rotary(torch.zeros(1, 1, dtype=torch.float32), positions)
    return {"rope.positions": positions, "rope.cos": cos, "rope.sin": sin, "rope.frequencies": rotary.inv_freq}


def ids_of(count: int, vocabulary: int, seed: int) -> list[int]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(3, vocabulary, (count,), generator=generator).tolist()


def build(seed: int, **config) -> LlamaForCausalLM:
    model = LlamaForCausalLM(LlamaConfig(attn_implementation="eager", **config))
    randomise(model, seed)
    return model


def weights_of(model: LlamaForCausalLM) -> dict[str, torch.Tensor]:
    """Under the Hub's names; tied matrices once."""
    state = dict(model.state_dict())
    if model.config.tie_word_embeddings:
        del state["lm_head.weight"]
    return state


def write_odd() -> None:
    scaling = {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    }
    shared = {
        "vocab_size": 131,
        "hidden_size": 36,
        "intermediate_size": 50,
        "num_hidden_layers": 2,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "head_dim": 10,
        "max_position_embeddings": 512,
        "rms_norm_eps": 1e-5,
        "attention_bias": True,
        "mlp_bias": True,
        "tie_word_embeddings": False,
        "bos_token_id": 1,
        "eos_token_id": [2, 5],
    }
    model = build(11, **shared, rope_parameters={**scaling, "rope_theta": 500.0})
    config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], **shared}
    config |= {"hidden_act": "silu", "rope_theta": 500.0, "rope_scaling": scaling}  # as files on the Hub have it
    golden = golden_of(model, [ids_of(13, 131, 1), ids_of(8, 131, 2)], far=90)
    store("llama-odd", config, weights_of(model), golden, {"generation_config.json": {"eos_token_id": [2, 5]}})


def write_tied() -> None:
    shared = {
        "vocab_size": 90,
        "hidden_size": 40,
        "intermediate_size": 60,
        "num_hidden_layers": 3,
        "num_attention_heads": 5,
        "num_key_value_heads": 1,
        "max_position_embeddings": 256,
        "rms_norm_eps": 1e-5,
        "tie_word_embeddings": True,
        "bos_token_id": 1,
        "eos_token_id": 2,
    }
    model = build(12, **shared, rope_parameters={"rope_type": "default", "rope_theta": 10000.0})
    config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], **shared, "rope_scaling": None}
    store("llama-tied", config, weights_of(model), golden_of(model, [ids_of(9, 90, 3), ids_of(4, 90, 4)], 60), {})


def write_linear() -> None:
    """As Llama 2 files are: `type` in rope_scaling, no num_key_value_heads, sentencepiece's ids."""
    shared = {
        "vocab_size": 75,
        "hidden_size": 24,
        "intermediate_size": 44,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "max_position_embeddings": 128,
        "rms_norm_eps": 1e-6,
        "tie_word_embeddings": False,
    }
    model = build(13, **shared, rope_parameters={"rope_type": "linear", "factor": 3.5, "rope_theta": 10000.0})
    config = {"model_type": "llama", **shared, "rope_scaling": {"type": "linear", "factor": 3.5}}
    weights = weights_of(model)
    for i in range(2):  # a buffer that old files carry
        weights[f"model.layers.{i}.self_attn.rotary_emb.inv_freq"] = torch.ones(4)
    golden = golden_of(model, [ids_of(11, 75, 5), ids_of(7, 75, 6)], 50)
    store("llama-linear", config, weights, golden, {})


def write_smollm() -> None:
    tokenizer = smollm_tokenizer()
    shared = {
        "vocab_size": len(tokenizer) + 3,
        "hidden_size": 36,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "max_position_embeddings": 2048,
        "rms_norm_eps": 1e-5,
        "tie_word_embeddings": True,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 2,
    }
    parameters = {"rope_type": "default", "rope_theta": 100000.0}
    model = build(14, **shared, rope_parameters=parameters)
    with torch.no_grad():  # weights alone: the model as a whole in bf16 would round RoPE's frequencies too
        for weight in model.parameters():
            weight.copy_(weight.bfloat16().float())
    weights = {name: weight.bfloat16() for name, weight in weights_of(model).items()}
    config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], **shared, "rope_parameters": parameters}
    files = tokenizer_files(tokenizer) | {"generation_config.json": {"bos_token_id": 1, "eos_token_id": 2}}
    golden = golden_of(model, [ids_of(12, 200, 7), ids_of(5, 200, 8)], 700)
    prompt = tokenizer.apply_chat_template(CHATS[1], add_generation_prompt=True, tokenize=False)
    input_ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt").input_ids
    with torch.no_grad():
        # The mask is given, because `generate` would take the prompt's <|im_end|>, which also pads, for padding.
        options = {"attention_mask": torch.ones_like(input_ids), "eos_token_id": None, "pad_token_id": 2}
        greedy = model.generate(input_ids, max_new_tokens=14, do_sample=False, **options)
        logits = model(input_ids=greedy).logits[0, input_ids.shape[1] - 1 : -1]
    new = greedy[0, input_ids.shape[1] :]
    golden |= {"chat.input_ids": input_ids, "chat.greedy": new[None]}
    golden["chat.logprobs"] = logits.log_softmax(-1).gather(1, new[:, None])[:, 0]
    store("smollm-like", config, weights, golden, files)
    text = {"prompt": prompt, "greedy": tokenizer.decode(new, skip_special_tokens=True)}
    (FIXTURES / "smollm-like" / "text.json").write_text(json.dumps(text, ensure_ascii=False, indent=1) + "\n")


LONG = 131_072


def long_cache(layers: int, head_dim: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Keys and values that any language can make again: waves of whole-number arguments, in f64, then f32.

    key[l, s, e] = sin(1 + s · (e + 1) % 997 + l), value[l, s, e] = cos(2 + s · (e + 3) % 1009 + l)
    """
    s = torch.arange(LONG, dtype=torch.int64)[:, None]
    e = torch.arange(head_dim, dtype=torch.int64)[None]
    cache = []
    for layer in range(layers):
        key = torch.sin((1 + (s * (e + 1)) % 997 + layer).double())
        value = torch.cos((2 + (s * (e + 3)) % 1009 + layer).double())
        cache.append((key.float()[None, None], value.float()[None, None]))
    return cache


def write_long() -> None:
    """A decoder of 2 layers with a cache of 131,071 positions, asked for the last one, and for a few in between."""
    scaling = {
        "rope_type": "llama3",
        "factor": 32.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    }
    shared = {
        "vocab_size": 50,
        "hidden_size": 24,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "num_key_value_heads": 1,
        "max_position_embeddings": LONG,
        "rms_norm_eps": 1e-5,
        "tie_word_embeddings": True,
    }
    model = build(15, **shared, rope_parameters={**scaling, "rope_theta": 500000.0})
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.q_proj.weight.mul_(8)  # so that a query picks few of its 131,072 keys
    golden = angles_of(model)
    with torch.no_grad():
        for past in (8191, 65_536, LONG - 1):
            cache = DynamicCache(config=model.config)
            for layer, (key, value) in enumerate(long_cache(2, 8)):
                cache.update(key[:, :, :past], value[:, :, :past], layer)
            position_ids = torch.tensor([[past]])
            out = model(torch.tensor([[7]]), position_ids=position_ids, past_key_values=cache, output_attentions=True)
            golden[f"logits.{past}"] = out.logits
            golden[f"attention.{past}"] = out.attentions[1][0, :, 0, -64:].contiguous()
            golden[f"key.{past}"] = cache.layers[1].keys[0, 0, -1]
        # What the angles should be, in f64: f32 angles are off by up to half a last place of 131,071.
        model.double()
        cache = DynamicCache(config=model.config)
        for layer, (key, value) in enumerate(long_cache(2, 8)):
            cache.update(key[:, :, : LONG - 1].double(), value[:, :, : LONG - 1].double(), layer)
        out = model(torch.tensor([[7]]), position_ids=torch.tensor([[LONG - 1]]), past_key_values=cache)
        golden["f64.logits"] = out.logits
        model.float()
    config = {"model_type": "llama", **shared, "rope_theta": 500000.0, "rope_scaling": scaling}
    store("llama-long", config, weights_of(model), golden, {})


# ---------------------------------------------------------------------------------------------------------------------
# Sampling


def write_sampling() -> None:
    """Rows of logits before and after the processors that `generate` applies, in its order; none where a token is out."""
    generator = torch.Generator().manual_seed(21)
    logits = torch.randn(4, 50, generator=generator) * 3
    logits[1, 10:20] = logits[1, 10]  # ties
    logits[3] = 0.0  # nothing but ties
    input_ids = torch.randint(0, 50, (4, 12), generator=generator)
    settings = [
        {"temperature": 0.7},
        {"temperature": 1.5, "topK": 5},
        {"temperature": 1.0, "topP": 0.9},
        {"temperature": 0.6, "topP": 0.3},
        {"temperature": 0.8, "topK": 20, "topP": 0.7},
        {"repetitionPenalty": 1.3},
        {"temperature": 0.9, "topK": 8, "topP": 0.8, "repetitionPenalty": 1.2},
        {"temperature": 0.5, "repetitionPenalty": 0.8},
        {"temperature": 1.0, "topK": 1},
        {"temperature": 1.0, "topP": 0.01},
    ]
    golden = []
    for row in range(4):
        for options in settings:
            if row == 3 and "topP" in options:
                continue  # torch.sort leaves open which of equals comes first
            steps = LogitsProcessorList()
            if "repetitionPenalty" in options:
                steps.append(RepetitionPenaltyLogitsProcessor(options["repetitionPenalty"]))
            if "temperature" in options:
                steps.append(TemperatureLogitsWarper(options["temperature"]))
            if "topK" in options:
                steps.append(TopKLogitsWarper(options["topK"]))
            if "topP" in options:
                steps.append(TopPLogitsWarper(options["topP"]))
            scores = steps(input_ids[row : row + 1], logits[row : row + 1].clone())[0]
            kept = [None if math.isinf(score) else score for score in scores.tolist()]
            golden.append({"row": row, "options": options, "scores": kept})
    folder = FIXTURES / "sampling"
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "command": f"python -m training architectures {FAMILY}",
        "logits": logits.tolist(),
        "inputIds": input_ids.tolist(),
        "golden": golden,
    }
    (folder / "golden.json").write_text(json.dumps(content) + "\n")


def write() -> None:
    write_odd()
    write_tied()
    write_linear()
    write_smollm()
    write_long()
    write_sampling()
