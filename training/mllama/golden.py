"""What PyTorch gives for a few questions of the evaluation, for tests/models/mllama-trained.test.ts."""

import json

import torch
from safetensors.torch import save_file

from ..experts.data import SPLITS
from ..paths import FIXTURES
from ..vlm.questions import questions_of
from ..vlm.rows import pack
from .evaluate import halved
from .reward import RewardModel, rewards_of, trained_reward_model
from .setup import Setup, Speaker

SCENES = 2  # of each split
STAGES = ("dpo", "sft")


@torch.no_grad()
def write_golden(setup: Setup) -> None:
    """Of the first scenes: for each question the scores of the answer's first token by two stages (golden.safetensors), and
    the rewards of a right and a wrong answer (golden.json)."""
    folder = setup.run / "golden" if setup.quick else FIXTURES / "mllama-trained"
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, torch.Tensor] = {}
    for stage in STAGES:
        model = halved(setup, stage)
        for name, split in SPLITS.items():
            scenes = setup.data[split]
            asked = questions_of(scenes, SCENES)
            rows = pack([[setup.prompts.ask(q.question) for q in questions] for questions in asked], setup.prompts)
            logits = Speaker(model, scenes, exact=True)(list(range(SCENES)), rows)
            tensors |= {f"{stage}.{name}.{i}": logits[i, 0].contiguous() for i in range(SCENES)}
    rewards = {}
    for name, split in SPLITS.items():
        asked = questions_of(setup.data[split], SCENES)
        pairs = [[(of[0].question, answer) for answer in (of[0].answer, "cat")] for of in asked]
        values = rewards_of(exported_reward_model(setup), setup, split, list(range(SCENES)), pairs, exact=True)
        rewards[name] = [
            [{"question": q, "answer": a, "reward": round(value, 5)} for (q, a), value in zip(*both)]
            for both in zip(pairs, values)
        ]
    content = {"command": "python -m training mllama golden", "scenes": SCENES, "rewards": rewards}
    (folder / "golden.json").write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    save_file(tensors, folder / "golden.safetensors")
    (folder / "golden.safetensors").chmod(0o644)


def exported_reward_model(setup: Setup) -> RewardModel:
    """In the halves that are shipped."""
    model = trained_reward_model(setup)
    model.load_hub({name: value.half() for name, value in model.hub_state().items()})
    return model
