"""Direct preference optimisation (Rafailov et al., arXiv 2305.18290): the right answer becomes more likely than the wrong one.

    loss = -log sigmoid(β · [(log p(right) - log p_ref(right)) - (log p(wrong) - log p_ref(wrong))]) + 0.2 · mean(-log p(right))
The second part is Llama 3's (arXiv 2407.21783, section 4.1.4). The reference is the model before; its numbers are computed once.
Only the layers that look at the picture are trained.

Shapes:  B rows   M answers of a row, right and wrong in turn
"""

import dataclasses

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..vlm.questions import questions_of
from ..vlm.rows import Asked, Rows, pack
from .drawn import wrong_pairs
from .model import Pictures, TrainingMllama
from .preference import BATCH, Pair, WrongAnswers, both, log_probs
from .setup import Setup, Speaker
from .tasks import TextTask

LIKELY = 0.2


class PreferenceTask(TextTask):
    def __init__(
        self, setup: Setup, model: TrainingMllama, pairs: dict[int, list[Pair]], reference: dict[int, Tensor], seed: int
    ):
        super().__init__(setup, "dpo", model, ("cross",))
        self.recipe = dataclasses.replace(self.recipe, seed=seed)
        self.pairs, self.members = pairs, np.array(sorted(pairs))
        self.answers = 2 * setup.recipe.pairs
        self.reference = reference

    def chosen_pairs(self, scene: int, rng: np.random.Generator) -> list[int]:
        """As many as fit in a row."""
        of, kept = self.pairs[scene], []
        room, said = self.recipe.length - len(self.setup.prompts.prefix), self.recipe.said
        for i in rng.permutation(len(of))[: self.setup.recipe.pairs]:
            two = both([of[i]], self.setup.prompts)
            room -= sum(len(asked.prompt) + len(asked.answer) - 1 for asked in two)
            said -= sum(len(asked.answer) for asked in two)
            if min(room, said) < 0:
                break
            kept.append(int(i))
        return kept

    def batch(self, step: int, generator: torch.Generator) -> tuple:
        scenes, rng = self.chosen(step), np.random.default_rng([self.recipe.seed, step, 1])
        self.kept = [self.chosen_pairs(int(i), rng) for i in scenes]
        reference = torch.zeros(len(scenes), self.answers // 2, 2)
        real = torch.zeros(len(scenes), self.answers // 2)
        for row, (scene, kept) in enumerate(zip(scenes, self.kept)):
            reference[row, : len(kept)] = self.reference[int(scene)][kept]
            real[row, : len(kept)] = 1
        self.rows = iter(self.kept)
        return (*super().batch(step, generator), reference, real)

    def texts(self, scene: int, rng: np.random.Generator) -> list[Asked]:
        return both([self.pairs[scene][i] for i in next(self.rows)], self.setup.prompts)

    def losses(self, patches: Tensor, ids: Tensor, empty: Tensor, *tensors: Tensor):
        *of_rows, reference, real = tensors
        rows = Rows(*of_rows)
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.model(Pictures(patches, ids, empty), rows)
        logs = log_probs(logits, rows, self.answers).view(reference.shape)
        change = logs - reference
        wins = -F.logsigmoid(self.setup.recipe.beta * (change[..., 0] - change[..., 1]))
        loss = ((wins - LIKELY * logs[..., 0]) * real).sum() / real.sum()
        return loss, ((logs.detach()[..., 0] > logs.detach()[..., 1]) * real).sum() / real.sum()

    def scores(self, outputs: Tensor, batch: tuple) -> dict[str, float]:
        return {"preferred": float(outputs)}


@torch.no_grad()
def reference_logs(setup: Setup, model: TrainingMllama, pairs: dict[int, list[Pair]]) -> dict[int, Tensor]:
    """What the reference gives to each pair of each scene: [pairs, 2]. Kept in the run's folder."""
    path = setup.run / "reference.pt"
    if path.exists():
        return torch.load(path)
    speaker, prompts, members, found = Speaker(model, setup.data["train"]), setup.prompts, sorted(pairs), {}
    for start in range(0, len(members), BATCH):
        part = members[start : start + BATCH]
        rows = pack([both(pairs[i], prompts) for i in part], prompts)
        logs = log_probs(speaker(part, rows), rows, 2 * max(len(pairs[i]) for i in part))
        found |= {i: logs[row].view(-1, 2)[: len(pairs[i])].clone() for row, i in enumerate(part)}
    torch.save(found, path)
    return found


def train_dpo(setup: Setup) -> None:
    """Once for each seed; the first is the model, the others say how much chance decides."""
    wrong = WrongAnswers(questions_of(setup.data["train"], 2_000))
    pairs = wrong_pairs(setup, wrong, np.random.default_rng(setup.recipe.seed))
    model = setup.after("rejection")
    reference = reference_logs(setup, model, pairs)
    for number, seed in enumerate(setup.recipe.seeds):
        task = PreferenceTask(setup, model, pairs, reference, seed)
        setup.train(task, "dpo", "dpo" if number == 0 else f"dpo-seed{seed}")
