"""Answers drawn by chance. Draws that begin alike share their row of text: a model that is sure costs little more than one draw.

Shapes:  B rows   K open beginnings of a row
"""

from collections import Counter

import torch

from ..vlm.rows import Asked, pack
from ..vlm.scores import NEW_TOKENS, Say

Drawn = Counter  # tokens of an answer, without its end: how often it was drawn


@torch.no_grad()
def sample(
    say: Say,
    scenes: list[int],
    asked: list[list[tuple[int, ...]]],
    prompts,
    stops: set[int],
    count: int,
    temperature: float,
    generator: torch.Generator,
    longest: int = NEW_TOKENS,
    batch: int = 25,
) -> list[list[Drawn]]:
    """`count` answers to each prompt (tokens behind the picture) of each of the scenes; cut at `longest` tokens."""
    ended = [[Counter() for _ in prompts_] for prompts_ in asked]
    open_ = [[{(): count} for _ in prompts_] for prompts_ in asked]
    for _ in range(longest + 1):
        left = [i for i, prompts_ in enumerate(open_) if any(prompts_)]
        for start in range(0, len(left), batch):
            part = left[start : start + batch]
            which = [[(p, tokens) for p, beginnings in enumerate(open_[i]) for tokens in beginnings] for i in part]
            rows = pack([[Asked(asked[i][p], tokens) for p, tokens in pairs] for i, pairs in zip(part, which)], prompts)
            probs = (say([scenes[i] for i in part], rows) / temperature).softmax(-1)
            for row, (i, pairs) in enumerate(zip(part, which)):
                longer: list[dict] = [{} for _ in asked[i]]
                for place, (p, tokens) in enumerate(pairs):
                    times = open_[i][p][tokens]
                    drawn = torch.multinomial(probs[row, place], times, replacement=True, generator=generator).tolist()
                    for token, number in Counter(drawn).items():
                        if token in stops or len(tokens) == longest:
                            ended[i][p][tokens] += number
                        else:
                            longer[p][(*tokens, token)] = number
                open_[i] = longer
    return ended
