"""The reward model: a number for (picture, question, answer), higher for the better answer.

The model after SFT with a linear head on the last hidden state at the answer's end of turn. Trained on pairs of the right and a
wrong answer after Bradley and Terry: loss = -log sigmoid(r(right) - r(wrong)). First the head alone, on frozen features; then
with the layers that look at the picture. Shapes: B rows   K ends of answers, right and wrong in turn   D hidden size
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..experts.data import SPLITS
from ..vlm.questions import questions_of
from ..vlm.rows import Asked, Rows, pack
from .drawn import wrong_pairs
from .model import Pictures, TrainingMllama
from .preference import BATCH, Pair, WrongAnswers, held_out_pairs
from .setup import Setup, Speaker
from .tasks import TextTask


class RewardModel(TrainingMllama):
    """With `reward_head`; a state of TrainingMllama fits all but that."""

    def __init__(self, like: TrainingMllama, llama_config):
        super().__init__(like.config, llama_config, like.gain)
        self.load_state_dict(like.state_dict())
        self.reward_head = nn.Linear(like.config.text_config.hidden_size, 1, bias=False)
        nn.init.zeros_(self.reward_head.weight)

    def rewards(self, hidden: Tensor) -> Tensor:
        """[B, K, D] -> [B, K]"""
        return self.reward_head(hidden.float())[:, :, 0]


def judged(question: str, answer: str, setup: Setup) -> Asked:
    """Up to the answer's end of turn, where the reward is read."""
    taught = setup.prompts.teach(question, answer)
    return Asked((*taught.prompt, *taught.answer), ())


class RewardTask(TextTask):
    def __init__(self, setup: Setup, model: RewardModel, pairs: dict[int, list[Pair]], parts: tuple[str, ...]):
        super().__init__(setup, "reward", model, parts)
        self.pairs, self.members = pairs, np.array(sorted(pairs))
        wrong = WrongAnswers(questions_of(self.train, 2_000))
        self.unseen = {name: held_out_pairs(setup, split, wrong) for name, split in SPLITS.items()}

    def texts(self, scene: int, rng: np.random.Generator) -> list[Asked]:
        of = self.pairs[scene]
        listed: list[Asked] = []
        room = self.recipe.length - len(self.setup.prompts.prefix)
        for i in rng.permutation(len(of))[: self.setup.recipe.pairs]:
            question, right, bad = of[i]
            two = [judged(question, answer, self.setup) for answer in (right, bad)]
            room -= sum(len(asked.prompt) for asked in two)
            if room < 0:
                break
            listed += two
        return listed

    def losses(self, patches: Tensor, ids: Tensor, empty: Tensor, *tensors: Tensor):
        rows = Rows(*tensors)
        with torch.autocast("cpu", torch.bfloat16):
            states = self.model.see(patches, ids, empty)
            hidden = self.model.read(states, empty, rows)
        rewards = self.model.rewards(hidden)
        apart, real = rewards[:, 0::2] - rewards[:, 1::2], rows.weights[:, 0::2]
        loss = (-F.logsigmoid(apart) * real).sum() / real.sum()
        return loss, ((apart.detach() > 0) * real).sum() / real.sum()

    def scores(self, outputs: Tensor, batch: tuple) -> dict[str, float]:
        return {"pairs": float(outputs)}

    def measure(self) -> dict[str, float]:
        """Share of held-out pairs whose right answer gets more."""
        found = {}
        for name, split in SPLITS.items():
            members, pairs = (part[: self.recipe.eval_subset] for part in self.unseen[name])
            asked = [[(q, answer) for q, *two in of for answer in two] for of in pairs]
            values = rewards_of(self.average, self.setup, split, members, asked)
            found[name] = float(np.mean([r > w for of in values for r, w in zip(of[0::2], of[1::2])]))
        return found


@torch.no_grad()
def rewards_of(
    model: RewardModel, setup: Setup, split: str, members: list[int], asked: list[list[tuple[str, str]]], exact: bool = False
) -> list[list[float]]:
    """Of each (question, answer) of each scene; `exact`: in f32 instead of bf16."""
    speaker, found = Speaker(model, setup.data[split]), []
    for start in range(0, len(members), BATCH):
        part, of = members[start : start + BATCH], asked[start : start + BATCH]
        rows = pack([[judged(*pair, setup) for pair in pairs] for pairs in of], setup.prompts)
        with torch.autocast("cpu", torch.bfloat16, enabled=not exact):
            hidden = speaker.hidden(part, rows)
        values = model.rewards(hidden)
        found += [values[i, : len(pairs)].tolist() for i, pairs in enumerate(of)]
    return found


def reward_model(setup: Setup) -> RewardModel:
    """As it starts; its weights may be loaded over it."""
    return RewardModel(setup.after("sft"), setup.llama_config)


def trained_reward_model(setup: Setup) -> RewardModel:
    model = reward_model(setup)
    model.load_state_dict(setup.state("reward")["average"])
    return model.eval()


def train_reward(setup: Setup) -> None:
    rng = np.random.default_rng(setup.recipe.seed)
    pairs = wrong_pairs(setup, WrongAnswers(questions_of(setup.data["train"], 2_000)), rng)
    setup.train(RewardTask(setup, reward_model(setup), pairs, ("reward_head",)), "reward", "reward-frozen")
    start = reward_model(setup)
    start.load_state_dict(setup.state("reward-frozen")["average"])
    setup.train(RewardTask(setup, start, pairs, ("reward_head", "cross")), "reward")
