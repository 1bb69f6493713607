"""What transformers makes of a few prompts with an exported model: tests/fixtures/<id>, for tests/models."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import LlamaForCausalLM

from . import corpus
from .evaluate import MOST
from .tokenizer import open_tokenizer, save_tokenizer

PER_KIND = 1
PROMPTS, KEPT = 4, 6  # logits: of these many prompts, at their last positions
NASTY = ["", " ", "Größe, naïve; 日本語 🙂", "1 12 123 1234", "  two  spaces\n\n\tand a tab ", "It's what we'VE said", "a<|eot_id|>b"]
NASTY += ["The sign says KQ7.", "7YJ8M", "A STOP", "WiFi, XML2000 and B2b", "aBC ABc I"]


def write_tokenizer_golden(data: Path, tokenizer_folder: Path, folder: Path) -> None:
    """The tokenizer and what it makes of texts and of a chat of each kind: tests/fixtures/tokenizer-course."""
    tokenizer = open_tokenizer(tokenizer_folder)
    save_tokenizer(tokenizer, folder)
    of_kinds = {question["kind"]: question for question in corpus.questions(data)}
    chats = []
    for _, question in sorted(of_kinds.items()):
        prompt = tokenizer.apply_chat_template(question["messages"], add_generation_prompt=True, tokenize=False)
        ids = tokenizer(prompt, add_special_tokens=False).input_ids
        chats.append({"messages": question["messages"], "prompt": prompt, "ids": ids})
    texts = [{"text": text, "ids": tokenizer(text).input_ids} for text in NASTY]
    content = {"command": "python -m training llama-tiny tokenizer", "chats": chats, "texts": texts}
    (folder / "golden.json").write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")


@torch.no_grad()
def write_golden(questions: list[dict], out: Path, folder: Path) -> None:
    """`questions`: {kind, heldOut, messages, answer}; of each kind one."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = open_tokenizer(out)
    model = LlamaForCausalLM.from_pretrained(out, dtype=torch.float32).eval()
    chosen: dict[tuple[str, bool], list[dict]] = {}
    for question in questions:
        chosen.setdefault((question["kind"], question["heldOut"]), []).append(question)
    entries, tensors = [], {}
    for alike in chosen.values():
        for question in alike[len(alike) // 2 :][:PER_KIND]:
            prompt = tokenizer.apply_chat_template(question["messages"], add_generation_prompt=True, tokenize=False)
            ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt").input_ids
            new = model.generate(
                ids, attention_mask=torch.ones_like(ids), max_new_tokens=MOST, do_sample=False
            )[0, ids.shape[1] :]
            given = tokenizer.decode(new, skip_special_tokens=True)
            entries.append({**question, "prompt": prompt, "ids": ids[0].tolist(), "given": given})
            if len(entries) % 8 == 1 and len(tensors) < PROMPTS:
                tensors[f"logits.{len(entries) - 1}"] = model(ids).logits[0, -KEPT:].contiguous()
    texts = [{"text": text, "ids": tokenizer(text).input_ids} for text in NASTY]
    content = {"command": f"python -m training {out.name} golden", "questions": entries, "texts": texts}
    (folder / "golden.json").write_text(json.dumps(content, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    save_file(tensors, folder / "golden.safetensors")
    (folder / "golden.safetensors").chmod(0o644)
