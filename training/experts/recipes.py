"""What each expert is, how much it is trained and how: every number that decides the result."""

from dataclasses import asdict, dataclass, field, replace


@dataclass(frozen=True)
class ExpertRecipe:
    # model: what config.json says besides the defaults of transformers
    config: dict
    start: str = ""  # the model of the course whose first layers it starts from; none by default
    # data
    scenes: str = "things"  # or "signs": which scenes it is trained on
    train_scenes: int = 40_000
    eval_scenes: int = 4_000  # of each: unseen scenes in training styles, scenes in the held-out style
    # optimisation
    seed: int = 4
    batch_size: int = 64
    steps: int = 12_000
    warmup: int = 300
    decay: float = 0.25  # the last part of the steps, in which the learning rate falls to zero
    lr: float = 1.5e-3
    weight_decay: float = 0.05
    muon_from: int = 0  # AdamW until this step; then Muon for the matrices of the layers, AdamW for the rest
    ema: float = 0.998
    clip: float = 1.0
    kept_patches: int = 256  # how many patches are looked at in training, those of the ground dropped first
    whole: float = 0.12  # the last part of the steps, which sees all patches
    weights: dict = field(default_factory=dict)  # of the loss's further parts
    # bookkeeping
    log_every: int = 50
    eval_every: int = 1_000
    eval_subset: int = 500
    save_every: int = 250
    saved: tuple[float, ...] = (0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1)


# Narrow layers start too weak with the 0.02 of wide ones.
PICTURE = {"image_size": 128, "patch_size": 16, "initializer_range": 0.05}
FINE = {**PICTURE, "patch_size": 8}
CLASSIFIER = {"hidden_size": 128, "num_attention_heads": 4, "intermediate_size": 512}  # the widths of vit-classifier

FULL = {
    "clip": ExpertRecipe(
        config={
            "projection_dim": 96,
            "vision_config": {**PICTURE, **CLASSIFIER, "num_hidden_layers": 4},
            "text_config": {"hidden_size": 96, "num_hidden_layers": 3, "num_attention_heads": 4,
                            "intermediate_size": 384, "max_position_embeddings": 64},
        },
        start="vit-classifier", batch_size=128, steps=800, lr=1e-3,
    ),
    "convnext": ExpertRecipe(
        config={**PICTURE, "patch_size": 4, "num_stages": 3, "hidden_sizes": [28, 56, 112], "depths": [1, 2, 4],
                "layer_scale_init_value": 0.1},
        steps=2_100,
        weights={"patches": 0.5},  # naming what is in each patch, by a head that is not exported
    ),
    "dense": ExpertRecipe(
        config={**FINE, **CLASSIFIER, "num_hidden_layers": 3},
        start="vit-classifier", train_scenes=120_000, kept_patches=128, steps=3_200,
        weights={"largest": 0.2, "ground": 0.2},  # naming the largest item by the class token; how much a patch of ground weighs
    ),
    "text": ExpertRecipe(
        config={**FINE, **CLASSIFIER, "num_hidden_layers": 3},
        start="vit-classifier", scenes="signs", train_scenes=60_000, kept_patches=96, steps=5_600,
        weights={"patches": 0.5, "blank": 0.3},  # the letter in each patch, by a head that is not exported; an empty place
    ),
    "dino": ExpertRecipe(
        config={**PICTURE, "hidden_size": 112, "num_hidden_layers": 4, "num_attention_heads": 4, "mlp_ratio": 4},
        lr=1e-3, ema=0.99, steps=1_200, warmup=100,
        weights={"prototypes": 512, "masked": 1.0, "spread": 0.1, "teacher_temperature": 0.05,
                 "student_temperature": 0.1},
    ),
}  # fmt: skip
FULL["dino-registers"] = replace(FULL["dino"], config={**FULL["dino"].config, "num_register_tokens": 4})


SMALL = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
SMALL_CONFIGS = {
    "clip": {"vision_config": {**PICTURE, **SMALL, "intermediate_size": 128},
             "text_config": {**SMALL, "intermediate_size": 128, "max_position_embeddings": 64}, "projection_dim": 48},
    "convnext": {"hidden_sizes": [12, 24, 64], "depths": [1, 1, 2]},
    "dense": {**SMALL, "intermediate_size": 128},
    "text": {**SMALL, "intermediate_size": 128},
    "dino": SMALL,
    "dino-registers": SMALL,
}  # fmt: skip


def quick(name: str, recipe: ExpertRecipe) -> ExpertRecipe:
    """The same chain on little, in half a minute: enough to see that it learns."""
    less = {"steps": 200, "batch_size": 32, "train_scenes": 1_500, "eval_scenes": 300, "warmup": 10, "log_every": 40}
    less |= {"eval_every": 100, "eval_subset": 100, "save_every": 100, "ema": 0.97, "saved": (0, 0.5, 1), "lr": 2e-3}
    less |= {"muon_from": 0, "kept_patches": min(64, recipe.kept_patches), "whole": 0.05}
    if name.startswith("dino"):
        less |= {"steps": 100, "eval_every": 50, "save_every": 50, "log_every": 25}  # a step sees four views of each scene
    return replace(recipe, **less, start="", config={**recipe.config, **SMALL_CONFIGS[name]})


QUICK = {name: quick(name, recipe) for name, recipe in FULL.items()}


def settings(recipe: ExpertRecipe) -> dict:
    return asdict(recipe)
