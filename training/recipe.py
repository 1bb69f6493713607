"""What is trained, on how much, and how: every number that decides the result."""

from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True)
class Recipe:
    # model
    hidden_size: int = 128
    num_hidden_layers: int = 5
    num_attention_heads: int = 4
    intermediate_size: int = 512
    image_size: int = 128
    patch_size: int = 16
    layer_norm_eps: float = 1e-6
    # data: scenes with one thing each, drawn by `npm run scenes`
    train_scenes: int = 175_000
    eval_scenes: int = 8_000  # of each: unseen scenes in training styles, scenes in the held-out style
    # optimisation
    seed: int = 2
    batch_size: int = 128
    steps: int = 4_600
    warmup: int = 300
    decay: float = 0.25  # the last part of the steps, in which the learning rate falls to zero
    lr: float = 1.5e-3
    weight_decay: float = 0.05
    muon_from: int = 500  # AdamW until this step; then Muon for the matrices of the layers, AdamW for the rest
    ema: float = 0.998  # of the weights; the average is what is evaluated and exported
    clip: float = 1.0
    # regularisation
    label_smoothing: float = 0.1
    drop_path: float = 0.05
    patch_loss: float = 0.5  # weight of naming the thing in every patch, beside naming it once
    kept_patches: int = 44  # of 64, those of the ground dropped first
    whole: float = 0.12  # the last part of the steps, which sees all patches
    # bookkeeping
    log_every: int = 50
    eval_every: int = 500
    eval_subset: int = 1_000
    save_every: int = 250
    saved: tuple[float, ...] = (0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.35, 0.5, 0.7, 0.85, 1)


FULL = Recipe()
QUICK = replace(
    FULL,
    hidden_size=48,
    num_hidden_layers=2,
    num_attention_heads=3,
    intermediate_size=96,
    train_scenes=2_000,
    eval_scenes=400,
    batch_size=32,
    steps=60,
    muon_from=30,
    warmup=10,
    log_every=10,
    eval_every=30,
    eval_subset=100,
    save_every=20,
    saved=(0, 0.1, 0.3, 0.6, 1),
)


def settings(recipe: Recipe) -> dict:
    return asdict(recipe)
