"""Many questions about one picture in one row, which is the same function as asking each alone, and much less work.

    <|begin_of_text|> user: [picture] | question 1, assistant: answer 1 | question 2, assistant: answer 2 | ...
    segment 0                         | 1                               | 2                               |

A token sees segment 0 up to itself, and its own segment up to itself; positions of each segment go on where segment 0 ends.
The tokens are those of the tokenizer's chat template, with one message `<|image|>question` of the user's and no other.

Shapes:  B rows (pictures)   T tokens   N visual tokens of a picture   S tokens of a row that are to be said
"""

from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

IMAGE = "<|image|>"
HIDDEN = -1e9
PADDING = -1  # the segment of a token that is none


@dataclass
class Rows:
    """A batch. `said` are the places whose next token is asked for: of every answer, and its end of turn."""

    input_ids: Tensor  # [B, T]
    positions: Tensor  # [B, T]
    segments: Tensor  # [B, T]
    said: Tensor  # [B, S] places in the row; filled up with 0
    labels: Tensor  # [B, S] the tokens that follow
    weights: Tensor  # [B, S] 1, or 0 for what fills up

    def tensors(self) -> tuple[Tensor, ...]:
        return tuple(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True, slots=True)
class Asked:
    """Tokens behind the picture: the question with the assistant's header, and what is answered so far."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]


class Prompts:
    """The chat template around a question, as tokens; each question is encoded once."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, visual_tokens: int):
        self.tokenizer = tokenizer
        self.image = tokenizer.convert_tokens_to_ids(IMAGE)
        self.padding = tokenizer.pad_token_id
        self.end = tokenizer.eos_token_id  # of a turn
        first = self.whole("Is there a cat?")
        self.prefix = [*first[: first.index(self.image)], *[self.image] * visual_tokens]
        self.known: dict[str, tuple[int, ...]] = {}
        self.words: dict[str, tuple[int, ...]] = {}

    def whole(self, question: str) -> list[int]:
        """The prompt for one question, with one image token."""
        messages = [{"role": "user", "content": IMAGE + question}]
        text = self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        return self.tokenizer(text, add_special_tokens=False).input_ids

    def ask(self, question: str) -> Asked:
        if question not in self.known:
            ids = self.whole(question)
            self.known[question] = tuple(ids[ids.index(self.image) + 1 :])
        return Asked(self.known[question], ())

    def teach(self, question: str, answer: str) -> Asked:
        """With the answer and the end of the turn."""
        if answer not in self.words:
            self.words[answer] = (*self.tokenizer(answer, add_special_tokens=False).input_ids, self.end)
        return Asked(self.ask(question).prompt, self.words[answer])


def pack(rows: list[list[Asked]], prompts: Prompts, length: int | None = None, most_said: int | None = None) -> Rows:
    """A row for each list of questions. With `length` (T) and `most_said` (S) the shapes are fixed, and what does not fit is
    left out; without, they are as large as is needed. Without an answer, its first token is asked for; with one that does
    not end, the next."""
    packed = [lay_out(asked, prompts, length, most_said) for asked in rows]
    t = length or max(len(row[0]) for row in packed)
    s = most_said or max(1, max(len(row[3]) for row in packed))
    filled = lambda column, size, value: torch.from_numpy(  # noqa: E731
        np.array([row[column] + [value] * (size - len(row[column])) for row in packed], np.int64)
    )
    weights = torch.tensor([[1.0] * len(row[3]) + [0.0] * (s - len(row[3])) for row in packed])
    fillers = (prompts.padding, 0, PADDING)
    return Rows(*(filled(i, t, value) for i, value in enumerate(fillers)), filled(3, s, 0), filled(4, s, 0), weights)


def lay_out(asked: list[Asked], prompts: Prompts, length: int | None, most_said: int | None) -> tuple[list[int], ...]:
    """-> tokens, positions, segments; places that are said, their labels"""
    tokens = list(prompts.prefix)
    first = len(tokens)
    positions, segments = list(range(first)), [0] * first
    said: list[int] = []
    labels: list[int] = []
    for number, question in enumerate(asked, 1):
        ends = question.answer[-1:] == (prompts.end,)
        ids = [*question.prompt, *(question.answer[:-1] if ends else question.answer)]
        following = question.answer if ends else (prompts.end,)  # of an open answer only the next token, which is not known
        if (length and len(tokens) + len(ids) > length) or (most_said and len(said) + len(following) > most_said):
            continue
        tokens += ids
        positions += range(first, first + len(ids))
        segments += [number] * len(ids)
        said += range(len(tokens) - len(following), len(tokens))
        labels += following
    return tokens, positions, segments, said, labels


def attention_mask(segments: Tensor) -> Tensor:
    """What is added to the scores: 0 where a token sees another, HIDDEN elsewhere. [B, T] -> [B, 1, T, T]"""
    own = segments[:, :, None] == segments[:, None, :]
    seen = (own | (segments == 0)[:, None, :]).tril()
    return torch.where(seen, 0.0, HIDDEN)[:, None]
