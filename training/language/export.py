"""From a training run to public/models/<id>: a Hugging Face folder in f16, the log; the same in f32 in the run."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from .llama import TrainingLlama
from .recipe import LanguageRecipe
from .tokenizer import save_tokenizer


def write_folder(
    folder: Path, state: dict[str, torch.Tensor], config: LlamaConfig, tokenizer: PreTrainedTokenizerFast, dtype: torch.dtype
) -> None:
    """config.json, generation_config.json, the tokenizer's files, model.safetensors with the tied matrix once."""
    folder.mkdir(parents=True, exist_ok=True)
    save_tokenizer(tokenizer, folder)
    config.architectures = ["LlamaForCausalLM"]
    config.dtype = str(dtype).removeprefix("torch.")
    config.save_pretrained(folder)
    ids = {"bos_token_id": config.bos_token_id, "eos_token_id": config.eos_token_id, "pad_token_id": config.pad_token_id}
    GenerationConfig(**ids).save_pretrained(folder)
    weights = {name: value.to(dtype).contiguous() for name, value in state.items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)


def export(
    recipe: LanguageRecipe,
    run: Path,
    out: Path,
    config: LlamaConfig,
    tokenizer: PreTrainedTokenizerFast,
    more: dict | None = None,
) -> None:
    """`more` is put into training-log.json."""
    state = torch.load(run / "state.pt", weights_only=False)
    write_folder(out, state["average"], config, tokenizer, torch.float16)
    write_folder(run / "f32", state["average"], config, tokenizer, torch.float32)
    check_same_logits(out, recipe, state["average"])
    facts = {"totalSteps": state["step"], "samples": state["step"] * recipe.batch_size, "seconds": round(state["seconds"])}
    log = state["log"]
    # Each line of the log has the mean tokens of its batches.
    facts["tokens"] = round(sum(entry["tokens"] for entry in log["steps"]) * recipe.log_every)
    (out / "training-log.json").write_text(json.dumps({**facts, **log, **(more or {})}, indent=1) + "\n")


def check_same_logits(out: Path, recipe: LanguageRecipe, state: dict[str, torch.Tensor]) -> None:
    """`transformers` must load the folder and give what the model in training gives."""
    theirs = LlamaForCausalLM.from_pretrained(out, dtype=torch.float32).eval()
    ours = TrainingLlama(theirs.config, recipe.length)
    ours.load_state_dict({name: value.half().float() for name, value in state.items()})
    input_ids = torch.randint(0, theirs.config.vocab_size, (2, recipe.length), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted = ours(input_ids, torch.zeros_like(input_ids))
        apart = ((wanted - theirs(input_ids=input_ids).logits).abs().max() / wanted.abs().max()).item()
    if apart > 1e-4:
        raise SystemExit(f"export: expected the same logits from transformers to 1e-4, got {apart:.1e} apart")
    print(f"export: transformers loads the folder; logits at most {apart:.1e} apart, relative to the largest")
