"""Experts and a language model by chance, small, for --quick: the chain runs without anything that is shipped."""

from pathlib import Path

import torch
from transformers import CLIPConfig, CLIPModel, ConvNextConfig, ConvNextForImageClassification, LlamaConfig
from transformers import LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerFast, ViTConfig, ViTForImageClassification

from ..experts.recipes import QUICK as EXPERTS
from ..language.tokenizer import save_tokenizer, train_tokenizer
from ..vlm.questions import Question
from .recipe import EXPERTS as NAMES


def small_expert(name: str) -> PreTrainedModel:
    sizes = EXPERTS[name].config
    if name == "clip":  # of four layers: llava_hr works between quarters of them
        parts = {part: {**sizes[part], "hidden_act": "gelu"} for part in ("vision_config", "text_config")}
        parts["vision_config"]["num_hidden_layers"] = 4
        return CLIPModel(CLIPConfig(**parts, projection_dim=sizes["projection_dim"]))
    if name == "convnext":
        return ConvNextForImageClassification(ConvNextConfig(**sizes))
    return ViTForImageClassification(ViTConfig(**sizes, layer_norm_eps=1e-6))


def small_tokenizer(asked: list[list[Question]]) -> PreTrainedTokenizerFast:
    turns = [
        {"messages": [{"role": "user", "content": q.question}, {"role": "assistant", "content": q.answer}]}
        for questions in asked
        for q in questions
    ]
    return train_tokenizer(turns, 600, 1024)


def small_llama(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    rope = {"rope_type": "llama3", "rope_theta": 10_000.0, "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 256}  # fmt: skip
    ends = [tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids("<|end_of_text|>")]
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=48, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, head_dim=12, max_position_embeddings=1024, tie_word_embeddings=True, rms_norm_eps=1e-5,
            rope_parameters=rope, bos_token_id=tokenizer.bos_token_id, eos_token_id=ends, pad_token_id=tokenizer.pad_token_id,
        )
    )  # fmt: skip


def small_parts(folder: Path, asked: list[list[Question]]) -> tuple[dict[str, Path], Path]:
    """Writes what is not there yet. -> the experts' folders, the language model's"""
    torch.manual_seed(4)
    experts = {name: folder / name for name in NAMES}
    for name, path in experts.items():
        if not (path / "model.safetensors").exists():
            small_expert(name).half().save_pretrained(path)
    language = folder / "llama"
    if not (language / "model.safetensors").exists():
        tokenizer = small_tokenizer(asked)
        save_tokenizer(tokenizer, language)
        small_llama(tokenizer).half().save_pretrained(language)
    return experts, language
