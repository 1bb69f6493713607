"""Documents as tokens, and rows of whole documents: what a step of training reads."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from .tokenizer import BEGIN, END, HEADER, HEADER_END, TURN_END


@dataclass
class Documents:
    tokens: np.ndarray  # int16, one document after the other
    weights: np.ndarray  # bool: whether a token is the model's to say
    starts: np.ndarray  # [N + 1]

    def __len__(self) -> int:
        return len(self.starts) - 1


def encode(documents: list[dict], tokenizer: PreTrainedTokenizerFast) -> Documents:
    """The chat template's tokens, turn by turn, so that each token's speaker is known."""
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in (BEGIN, END, HEADER, HEADER_END, TURN_END)}
    known: dict[str, list[int]] = {}

    def plain(text: str) -> list[int]:
        if text not in known:
            known[text] = tokenizer(text, add_special_tokens=False).input_ids
        return known[text]

    tokens: list[int] = []
    own: list[bool] = []
    starts = [0]

    def add(part: list[int], spoken: bool) -> None:
        tokens.extend(part)
        own.extend([spoken] * len(part))

    for document in documents:
        add([ids[BEGIN]], False)
        if "text" in document:
            add([*plain(document["text"]), ids[END]], True)
        else:
            for turn in document["messages"]:
                add([ids[HEADER], *plain(turn["role"]), ids[HEADER_END], *plain("\n\n")], False)
                add([*plain(turn["content"]), ids[TURN_END]], turn["role"] == "assistant")
        starts.append(len(tokens))
    return Documents(np.array(tokens, np.int16), np.array(own), np.array(starts))


def pack(documents: Documents, length: int, seed: int, among: range | None = None) -> list[np.ndarray]:
    """Rows of whole documents, in random order: each of at most length + 1 tokens. Longer documents are left out."""
    sizes = np.diff(documents.starts)
    order = np.random.default_rng(seed).permutation(among or range(len(documents)))
    rows: list[list[int]] = []
    open_rows: list[tuple[int, list[int]]] = []  # room, members: a document goes where it fits best among the last 64
    for index in order:
        size = int(sizes[index])
        if size > length + 1:
            continue
        fits = [row for row in open_rows if row[0] >= size]
        if fits:
            best = min(fits, key=lambda row: row[0])
            open_rows.remove(best)
            room, members = best
        else:
            room, members = length + 1, []
            rows.append(members)
        members.append(int(index))
        open_rows.append((room - size, members))
        if len(open_rows) > 64:
            open_rows.remove(min(open_rows, key=lambda row: row[0]))
    return [np.array(row) for row in rows]


def batch(
    documents: Documents, rows: list[np.ndarray], length: int, padding: int, prompt_weight: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """-> input_ids [B, T], labels [B, T], weights [B, T] of the labels, document [B, T]: the number of a token's document
    in its row. A document's first token is no label, and neither is padding."""
    tokens = np.full((len(rows), length + 1), padding, np.int64)
    weights = np.zeros((len(rows), length + 1), np.float32)
    number = np.full((len(rows), length + 1), -1, np.int64)
    for row, members in enumerate(rows):
        at = 0
        for count, index in enumerate(members):
            start, end = documents.starts[index], documents.starts[index + 1]
            size = end - start
            tokens[row, at : at + size] = documents.tokens[start:end]
            weights[row, at : at + size] = np.where(documents.weights[start:end], 1, prompt_weight)
            weights[row, at] = 0
            number[row, at : at + size] = count
            at += size
    parts = (tokens[:, :-1], tokens[:, 1:], weights[:, 1:], number[:, :-1])
    return tuple(torch.from_numpy(np.ascontiguousarray(part)) for part in parts)  # type: ignore[return-value]
