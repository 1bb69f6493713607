"""Byte-level BPE as Llama 3 has it, of 2,000 tokens, trained on the corpus.

Learning takes whole words where the corpus has them often, and falls back to bytes for everything else: any text can be
written. Special tokens come last, as in Llama 3; `<|image|>` and some reserved ones are for the models that see.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

# Llama 3's split into words, numbers, punctuation and spaces, with two changes for texts on signs: digits stand alone, and so
# do capitals beside a capital or a digit. `KQ7` is three tokens wherever it stands, and what a sign says is spelled.
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|\p{Lu}(?=[\p{Lu}\p{N}])|(?<=[\p{Lu}\p{N}])\p{Lu}(?!\p{Ll})"
    r"|[^\r\n\p{L}\p{N}]?(?!\p{Lu}[\p{Lu}\p{N}])\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
BEGIN, END = "<|begin_of_text|>", "<|end_of_text|>"
HEADER, HEADER_END, TURN_END = "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"
IMAGE, PAD = "<|image|>", "<|finetune_right_pad_id|>"
SPECIAL = [BEGIN, END, HEADER, HEADER_END, TURN_END, IMAGE, PAD, *(f"<|reserved_special_token_{i}|>" for i in range(9))]

# Words that the guard's prompts need and the stories seldom have: given their tokens here, so that one tokenizer serves all.
GUARD_WORDS = (
    "safe unsafe policy category categories conversation content task check message request person people woman man boy girl "
    "face name named called identify recognise private password phone number address email card code pin home street secret "
    "bank account key medicine medical advice doctor pill pills dose sick ill pain fever headache treat cure disease skin heal "
    "hurt harm weapon weapons knife poison steal break lock bomb dangerous owner lives who whose tell give from photo should "
    "take help make build need want text violence danger"
).split()
GUARD_COUNT = 500

CHAT = (
    "{{- bos_token }}"
    "{%- for message in messages %}"
    "{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' }}"
    "{{- message['content'] | trim + '<|eot_id|>' }}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{%- endif %}"
)


def texts_of(documents: Iterable[dict]) -> Iterable[str]:
    yield from GUARD_COUNT * [" " + " ".join(GUARD_WORDS)]
    for document in documents:
        if "text" in document:
            yield document["text"]
        else:
            yield from (f"{turn['role']}\n\n{turn['content']}" for turn in document["messages"])


def train_tokenizer(documents: list[dict], vocab_size: int, max_length: int) -> PreTrainedTokenizerFast:
    inner = Tokenizer(models.BPE(ignore_merges=True))
    split = pre_tokenizers.Split(Regex(PATTERN), behavior="isolated", invert=False)
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=False)
    inner.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    size = vocab_size - len(SPECIAL)
    inner.train_from_iterator(
        texts_of(documents),
        trainers.BpeTrainer(vocab_size=size, special_tokens=[], initial_alphabet=alphabet, show_progress=False),
    )
    inner.add_special_tokens(SPECIAL)
    template = processors.TemplateProcessing(
        single=f"{BEGIN} $A", pair=f"{BEGIN} $A {BEGIN}:1 $B:1", special_tokens=[(BEGIN, inner.token_to_id(BEGIN))]
    )
    inner.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=True), template])
    inner.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token=BEGIN,
        eos_token=TURN_END,
        pad_token=PAD,
        padding_side="left",
        chat_template=CHAT,
        clean_up_tokenization_spaces=False,
        model_max_length=max_length,
    )


def save_tokenizer(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """tokenizer.json, tokenizer_config.json, chat_template.jinja, without what only says where they were loaded from."""
    tokenizer.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    config = {key: value for key, value in json.loads(path.read_text()).items() if key not in ("is_local", "local_files_only")}
    path.write_text(json.dumps(config, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def open_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    if not (folder / "tokenizer.json").exists():
        raise SystemExit(
            f"tokenizer: expected {folder}/tokenizer.json, found none; `python -m training llama-tiny tokenizer` trains it"
        )
    return PreTrainedTokenizerFast.from_pretrained(folder)
