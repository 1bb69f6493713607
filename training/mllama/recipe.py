"""What `mllama` is and how each of its stages is trained: every number that decides the result."""

from dataclasses import asdict, dataclass, field, replace


@dataclass(frozen=True)
class StageRecipe:
    steps: int
    lr: float
    batch_size: int = 32  # pictures, each with a row of text
    length: int = 128  # tokens of a row
    said: int = 40  # tokens of a row that are learnt
    warmup: int = 50
    decay: float = 0.3  # the last part of the steps, in which the learning rate falls to zero
    weight_decay: float = 0.05
    muon_from: int = 0
    ema: float = 0.99
    clip: float = 1.0
    seed: int = 5
    log_every: int = 20
    eval_every: int = 10_000
    eval_subset: int = 50  # scenes of each split, as it goes
    save_every: int = 100
    saved: tuple[float, ...] = ()


@dataclass(frozen=True)
class MllamaRecipe:
    # model
    start: str = "dense"  # whose vision tower the encoder starts from; random weights if it is not there when a run begins
    token_spread: float = 1.16  # of the tower's tokens before its first layer, over 32 test scenes; the norm there keeps it
    global_layers: int = 1
    taps: tuple[int, ...] = (1, 2)  # the states that enter these layers of the encoder are seen too
    cross_layers: tuple[int, ...] = (1, 4, 7)
    encoder_pace: float = 0.3  # of the learning rate: it starts from weights that know something
    gate_gain: float = 8.0  # how much faster a gate moves than other weights
    # data
    scenes: int = 200_000  # the first `sampled_scenes` of them are kept for preferences: answers to what was learnt by heart teach little
    small: float = 0.15  # share of the training pictures that are shown at half their size, in one tile
    eval_scenes: int = 250  # of each split
    seed: int = 5
    # answers that are sampled
    sampled_scenes: int = 3_000
    samples: int = 4
    temperature: float = 1.0
    # preferences
    beta: float = 0.1  # DPO
    pairs: int = 4  # of a picture
    preference_scenes: int = 500  # of each split, for the preference measure
    seeds: tuple[int, ...] = (5, 6, 7)  # of DPO
    # questions that the language model writes
    written_scenes: int = 300
    kept: float = 0.5  # share of them that the reward model keeps
    stages: dict[str, StageRecipe] = field(default_factory=dict)


FULL = MllamaRecipe(
    stages={
        "noisy": StageRecipe(steps=120, lr=2e-3, batch_size=16, length=48, said=46, warmup=10, ema=0.95),
        "clean": StageRecipe(steps=300, lr=2e-3, batch_size=16, length=64, said=62, warmup=10, ema=0.97),
        "sft": StageRecipe(steps=13_000, lr=2e-3, batch_size=16, length=80, said=28, warmup=10, decay=0.6, ema=0.998, eval_every=1_000, saved=(1,)),
        "reward": StageRecipe(steps=900, lr=1e-3, batch_size=16, warmup=20, ema=0.98),
        "rejection": StageRecipe(steps=180, lr=3e-4, batch_size=16, warmup=5, ema=0.95),
        "dpo": StageRecipe(steps=360, lr=1e-4, batch_size=16, warmup=10, ema=0.95),
        "synthetic": StageRecipe(steps=40, lr=2e-4, batch_size=16, warmup=5, ema=0.9),
    }
)
LESS = {"batch_size": 16, "warmup": 5, "log_every": 10, "save_every": 20, "eval_subset": 20, "ema": 0.9}
QUICK = replace(
    FULL,
    cross_layers=(1,),
    eval_scenes=20,
    sampled_scenes=24,
    samples=2,
    preference_scenes=20,
    seeds=(5, 6),
    written_scenes=16,
    stages={name: replace(stage, steps=30 if name == "sft" else 12, saved=(), **LESS) for name, stage in FULL.stages.items()},
)


def settings(recipe: MllamaRecipe, stage: str) -> dict:
    whole = {name: value for name, value in asdict(recipe).items() if name != "stages"}
    return {**whole, **asdict(recipe.stages[stage])}
