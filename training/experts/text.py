"""`text`: reads the sign of a scene. ViTForImageClassification, patches of 8 × 8 pixels.

The classifier's labels are letters in places: `3:A` is an A as the third letter, `3:_` no third letter. The logits as
[8, 37] are one choice a place. By a head that is not exported, each patch says which letter it shows and its place, so
that the class token has something to gather. Texts are any letters and digits: nothing can be learnt by heart.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import ViTConfig, ViTForImageClassification

from ..data import recolour
from ..evaluate import share
from .data import NO_LETTER, ExpertScenes, choose, kept_patches
from .expert import Expert, Trained, over, share_of
from .vit import save_vit_processor, tokens_of
from .warm_start import vit_weights

LETTERS = "_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"  # the first is for none
PLACES = 8


class TextExpert(Expert):
    name = "text"
    measured = "signs read exactly"
    hub_class = ViTForImageClassification

    def make(self) -> Trained:
        names = [f"{place + 1}:{letter}" for place in range(PLACES) for letter in LETTERS]
        labels = {"id2label": dict(enumerate(names)), "label2id": {name: i for i, name in enumerate(names)}}
        config = ViTConfig(**self.recipe.config, layer_norm_eps=1e-6, **labels)
        d = config.hidden_size
        hub = ViTForImageClassification(config)
        if self.recipe.start:
            hub.vit.load_state_dict(vit_weights(self.recipe.start, config), strict=False)
        return Trained(
            hub, letters=nn.Linear(d, len(LETTERS)), places=nn.Linear(d, PLACES + 1)
        )

    def batch(self, step: int, generator: torch.Generator) -> tuple:
        indices = choose(self.drawn, self.recipe.batch_size, generator)
        values = recolour(self.drawn.rows(indices).permute(0, 3, 1, 2).contiguous(), generator)
        text = letters_of([self.drawn.texts[i] for i in indices])
        slots = torch.from_numpy(self.drawn.slots[indices]).long()
        kept = None
        if not self.seen_whole(step):
            kept = kept_patches((slots != NO_LETTER).float(), self.recipe.kept_patches, generator)
            slots = slots.gather(1, kept)
        return values, text, slots, kept

    def losses(self, values: Tensor, text: Tensor, slots: Tensor, kept: Tensor | None):
        hub, heads, weights = self.model.hub, self.model.heads, self.recipe.weights
        with torch.autocast("cpu", torch.bfloat16):
            x = tokens_of(hub.vit, values, kept)
            logits = hub.classifier(x[:, 0]).float().view(-1, PLACES, len(LETTERS))
            letters, places = heads["letters"](x[:, 1:]).float(), heads["places"](x[:, 1:]).float()
        blank = torch.ones(len(LETTERS))
        blank[0] = weights["blank"]
        read = F.cross_entropy(logits.flatten(0, 1), text.flatten(), weight=blank)
        none = slots == NO_LETTER
        shown = text.gather(1, slots.masked_fill(none, 0)).masked_fill(none, 0)
        ground = torch.ones(PLACES + 1)
        ground[PLACES] = 0.2
        letter = F.cross_entropy(letters.flatten(0, 1), shown.flatten(), weight=torch.where(blank < 1, 0.2, 1.0))
        place = F.cross_entropy(places.flatten(0, 1), slots.masked_fill(none, PLACES).flatten(), weight=ground)
        right = logits.argmax(2) == text
        scores = {"letters": share_of(right, text > 0), "patches": share_of(letters.argmax(2) == shown, ~none)}
        return read + weights["patches"] * (letter + place), {**scores, "exactly": right.all(1).float().mean()}

    def scores(self, outputs: dict, batch: tuple) -> dict[str, float]:
        return {name: float(value) for name, value in outputs.items()}

    def evaluate(self, hub: ViTForImageClassification, scenes: ExpertScenes) -> dict:
        signs = np.flatnonzero([bool(text) for text in scenes.texts])
        logits = over(scenes, signs, lambda values: hub(pixel_values=values).logits)
        said = logits.view(-1, PLACES, len(LETTERS)).argmax(2)
        truth = letters_of([scenes.texts[i] for i in signs])
        right = (said == truth).all(1).numpy()
        length = (truth > 0).sum(1).numpy()
        return {
            **share(right),
            "letters": round(float((said == truth)[truth > 0].float().mean()), 4),
            "length": round(float(((said > 0) == (truth > 0)).all(1).float().mean()), 4),
            "byLength": {str(n): share(right[length == n]) for n in sorted(set(length.tolist()))},
        }

    def chance(self, scenes: ExpertScenes) -> float:
        """Saying the most frequent text each time."""
        texts = [text for text in scenes.texts if text]
        return round(max(texts.count(text) for text in set(texts)) / len(texts), 4)

    def save_processor(self, folder: Path) -> None:
        save_vit_processor(folder)


def letters_of(texts: list[str]) -> Tensor:
    """Numbers of letters, 0 after the end. -> [B, 8]"""
    return torch.tensor([[LETTERS.index(c) for c in text.upper().ljust(PLACES, "_")[:PLACES]] for text in texts])
