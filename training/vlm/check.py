"""The promise of rows.py, checked: questions in one row get the logits that each of them gets alone."""

import torch

from .questions import Question
from .rows import Prompts, pack
from .scores import Say


@torch.no_grad()
def check_rows(say: Say, asked: list[list[Question]], prompts: Prompts, tolerance: float = 1e-3) -> float:
    """`say` computes in f32. -> the largest difference, as a share of the largest logit"""
    worst = 0.0
    for scene, questions in enumerate(asked):
        taught = [prompts.teach(q.question, q.answer) for q in questions]
        together = say([scene], pack([taught], prompts))[0]
        alone = torch.cat([say([scene], pack([[one]], prompts))[0] for one in taught])
        worst = max(worst, float((together - alone).abs().max() / alone.abs().max()))
    if worst > tolerance:
        raise SystemExit(f"rows: expected questions in one row to get the logits that each gets alone, got {worst:.1e} apart")
    return worst
