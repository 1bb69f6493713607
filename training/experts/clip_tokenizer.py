"""CLIP's tokenizer, its merges learnt from our captions: byte-level BPE in lower case, words that end in `</w>`."""

import json
from collections.abc import Iterable

from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer
from transformers import CLIPTokenizer

START, END = "<|startoftext|>", "<|endoftext|>"
MERGES = 800  # at most; captions have few words


def make_tokenizer(captions: Iterable[str], longest: int) -> CLIPTokenizer:
    blank = CLIPTokenizer()
    learner = Tokenizer(BPE(end_of_word_suffix="</w>"))
    learner.normalizer = blank.backend_tokenizer.normalizer
    learner.pre_tokenizer = blank.backend_tokenizer.pre_tokenizer
    trainer = BpeTrainer(vocab_size=600 + MERGES, min_frequency=5, end_of_word_suffix="</w>", show_progress=False)
    learner.train_from_iterator(captions, trainer)

    merges = [tuple(pair) for pair in json.loads(learner.to_str())["model"]["merges"]][:MERGES]
    # As CLIP's own: every byte, every byte at the end of a word, what the merges make, and the two special tokens.
    bytes_ = sorted(ByteLevel.alphabet())  # the letters that stand for bytes; sorted, as a set has no order
    tokens = [*bytes_, *(letter + "</w>" for letter in bytes_), *("".join(pair) for pair in merges), START, END]
    vocabulary = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=longest)

