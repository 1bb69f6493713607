"""What is trained in each stage, from what, and for how long: every number that decides the result."""

from dataclasses import asdict, dataclass, field, replace

EXPERTS = ("clip", "convnext", "dense", "text")
# How a map comes to the common grid of 8 × 8. Letters are as small as a patch of `text`, which therefore keeps all of them.
RESAMPLE = {"text": "pixel_unshuffle"}
GRID = 8
TOWERS, FUSION, PROJECTOR, LANGUAGE = "vision_towers", "fusion", "multi_modal_projectors", "language_model"
EVERYTHING = (TOWERS, FUSION, PROJECTOR, LANGUAGE)


@dataclass(frozen=True)
class Stage:
    """One run of training; the loop is training/trainer.py's."""

    experts: tuple[str, ...] = EXPERTS
    trained: tuple[str, ...] = EVERYTHING
    # The stages whose weights it goes on with, the later before the earlier; `stage:part` takes one part only.
    start: tuple[str, ...] = ()
    # Experts that are taken as they are shipped, not from `start`: they were trained again since.
    renewed: tuple[str, ...] = ()
    fusion: dict = field(default_factory=lambda: {"type": "channel_concatenation"})
    # data: rows of questions about one picture each
    scenes: int = 40_000  # the first of the drawn ones
    # From 1 on: a round of scenes that no earlier stage has seen, some of them for reading; experts look at them as they come.
    fresh: int = 0
    length: int = 208  # tokens of a row, with the picture's
    said: int = 32  # tokens of a row that are answers
    eval_scenes: int = 60  # of each split, as it goes
    # optimisation
    seed: int = 5
    batch_size: int = 16
    steps: int = 300
    warmup: int = 20
    decay: float = 0.4  # the last part of the steps, in which the learning rate falls to zero
    lr: float = 1.5e-3
    weight_decay: float = 0.02
    muon_from: int = 0
    ema: float = 0.98
    clip: float = 1.0
    # bookkeeping
    log_every: int = 10
    eval_every: int = 100
    save_every: int = 50
    saved: tuple[float, ...] = ()

    @property
    def frozen_experts(self) -> bool:
        return TOWERS not in self.trained


def prealigned(experts: tuple[str, ...] = EXPERTS) -> tuple[str, ...]:
    return tuple(f"prealign-{name}" for name in experts)


def towers_of(stages: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{stage}:{TOWERS}" for stage in stages)


# LLaVA's two stages. Its encoder stays frozen in both, and so shares its weights with `clip`.
BASELINE = {
    "llava-projector": Stage(("clip",), (FUSION, PROJECTOR), scenes=3_200, steps=200),
    "llava": Stage(("clip",), (FUSION, PROJECTOR, LANGUAGE), ("llava-projector",), scenes=16_000, steps=1_000, ema=0.995, eval_every=500),
}
MIXTURE = {
    **{stage: Stage((name,), (TOWERS, FUSION, PROJECTOR), scenes=4_000, steps=60) for name, stage in zip(EXPERTS, prealigned())},
    "projector": Stage(trained=(FUSION, PROJECTOR), start=towers_of(prealigned()), scenes=960, steps=60),
    "sft": Stage(start=("projector",), steps=1_650, ema=0.998, eval_every=500),
}
SHIPPED = "shipped"  # a start: the exported model itself
# Further than `sft`, with the experts as it left them: what they see is computed once, and a step takes a third of the time.
FROZEN_EXPERTS = Stage(trained=(FUSION, PROJECTOR, LANGUAGE), start=(SHIPPED,), scenes=16_000, steps=4_500, lr=1e-3, ema=0.998, eval_every=1_500)
# More steps on the same scenes only learn them by heart. So: experts that were trained longer, a projector that is fitted to
# them while all else rests, and new scenes, each seen once; then more of them, and a part of the first ones again.
RENEWED = replace(FROZEN_EXPERTS, scenes=100_000, fresh=1)
LONGER = {
    "longer": FROZEN_EXPERTS,
    "longest": replace(FROZEN_EXPERTS, scenes=40_000, steps=6_000),
    "renewed-projector": replace(RENEWED, trained=(FUSION, PROJECTOR), renewed=("dense", "text"), lr=1.5e-3, steps=300, ema=0.98, eval_every=150),
    "renewed": replace(RENEWED, start=("renewed-projector",), steps=6_000),
    "renewed-longer": replace(RENEWED, fresh=2, steps=6_000, decay=0.6, seed=6, eval_every=2_000),
    # Scenes of the first round again, in another order, while the learning rate falls all the way.
    "renewed-longest": replace(RENEWED, fresh=1, steps=3_600, decay=1.0, seed=7, eval_every=1_800),
}
FULL = BASELINE | MIXTURE | LONGER

# Of every run that is compared. The experts' features are computed once.
COMPARED = Stage(trained=(FUSION, PROJECTOR, LANGUAGE), scenes=3_200, eval_scenes=125, steps=200, eval_every=10_000, save_every=10_000)
SEEDS = (5, 6, 7)
FUSIONS: dict[str, dict] = {
    "channel_concatenation": {"type": "channel_concatenation"},
    "sequence_append": {"type": "sequence_append"},
    "llava_hr": {"type": "llava_hr"},
    "mini_gemini": {"type": "mini_gemini"},
    "deformable_attention": {"type": "deformable_attention", "num_heads": 8, "num_points": 4, "num_layers": 1},
}


def quick(stage: Stage) -> Stage:
    """The same chain on little: enough to see that it runs and that the loss falls."""
    less = {"scenes": 60, "eval_scenes": 4, "batch_size": 4, "steps": 6, "warmup": 2, "ema": 0.5, "lr": 2e-3}
    return replace(stage, **less, log_every=2, eval_every=3, save_every=3)


def settings(stage: Stage) -> dict:
    return asdict(stage)
