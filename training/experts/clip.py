"""`clip`: matches pictures with captions. CLIPModel: a ViT with patches of 16 pixels, a transformer for text.

Loss: in a batch, each caption has to find its picture and each picture its caption (Radford et al., arXiv 2103.00020).
Captions that are the same fit each other's pictures too.
"""

from functools import cached_property
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import CLIPConfig, CLIPModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from ..data import normalise, recolour
from ..evaluate import share
from .clip_tokenizer import make_tokenizer
from .data import ExpertScenes, choose
from .expert import Expert, Trained, over
from .warm_start import clip_weights

CANDIDATES = 100  # retrieval is among so many


class ClipExpert(Expert):
    name = "clip"
    measured = "scenes of one thing named, out of 80, by the text that fits best (zero-shot)"
    hub_class = CLIPModel

    def prepare(self) -> None:
        self.tokenizer = make_tokenizer((c for few in self.drawn.captions for c in few), self.recipe.config["text_config"]["max_position_embeddings"])

    def make(self) -> Trained:
        sizes, tokenizer = self.recipe.config, self.tokenizer
        special = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
        config = CLIPConfig(
            vision_config={**sizes["vision_config"], "hidden_act": "gelu"},
            text_config={**sizes["text_config"], "vocab_size": len(tokenizer), "hidden_act": "gelu", **special,
                         "pad_token_id": tokenizer.pad_token_id},
            projection_dim=sizes["projection_dim"],
        )  # fmt: skip
        hub = CLIPModel(config)
        if self.recipe.start:
            self.start(hub)
        return Trained(hub)

    def start(self, hub: CLIPModel) -> None:
        """CLIP has a norm before its first layer that a ViT has not: it is set to what the layers were used to."""
        vision = hub.vision_model
        vision.load_state_dict(clip_weights(self.recipe.start, hub.config.vision_config), strict=False)
        with torch.no_grad():
            x = vision.embeddings(normalise(self.drawn.rows(np.arange(64))))
            nn.init.constant_(vision.pre_layrnorm.weight, float(x.std(2).mean()))
            vision.pre_layrnorm.bias.copy_(x.mean((0, 1)))

    @cached_property
    def tokens(self) -> list[list[list[int]]]:
        """Of each training scene, the tokens of each of its captions."""
        few = len(self.drawn.captions[0])
        rows = self.tokenizer([caption for captions in self.drawn.captions for caption in captions])["input_ids"]
        return [rows[start : start + few] for start in range(0, len(rows), few)]

    def batch(self, step: int, generator: torch.Generator) -> tuple:
        indices = choose(self.drawn, self.recipe.batch_size, generator)
        # Not mirrored, because captions tell left from right.
        values = recolour_some(self.drawn.rows(indices), generator)
        which = torch.randint(0, len(self.drawn.captions[0]), (len(indices),), generator=generator).tolist()
        return values, *padded([self.tokens[i][k] for i, k in zip(indices, which)], self.tokenizer.eos_token_id)

    def losses(self, values: Tensor, ids: Tensor, mask: Tensor):
        hub = self.model.hub
        with torch.autocast("cpu", torch.bfloat16):
            pictures = hub.get_image_features(pixel_values=values).pooler_output.float()
            texts = hub.get_text_features(input_ids=ids, attention_mask=mask).pooler_output.float()
        scale = hub.logit_scale.clamp(max=np.log(100)).exp()
        logits = scale * F.normalize(pictures, dim=1) @ F.normalize(texts, dim=1).T
        same = (ids[:, None] == ids[None]).all(2).float()
        truth = same / same.sum(1, keepdim=True)
        loss = (F.cross_entropy(logits, truth) + F.cross_entropy(logits.T, truth)) / 2
        found = same.gather(1, logits.detach().argmax(1, keepdim=True)).mean()
        return loss, {"retrieved": found, "scale": scale.detach()}

    def scores(self, outputs: dict, batch: tuple) -> dict[str, float]:
        return {name: float(value) for name, value in outputs.items()}

    def texts(self, hub: CLIPModel, captions: list[str]) -> Tensor:
        """-> [N, projection], of length 1"""
        ids, mask = padded(self.tokenizer(captions)["input_ids"], self.tokenizer.eos_token_id)
        with torch.no_grad():
            return F.normalize(hub.get_text_features(input_ids=ids, attention_mask=mask).pooler_output.float(), dim=1)

    def evaluate(self, hub: CLIPModel, scenes: ExpertScenes) -> dict:
        look = lambda values: F.normalize(hub.get_image_features(pixel_values=values).pooler_output, dim=1)  # noqa: E731
        indices, labels = scenes.alone()
        prompts = self.texts(hub, scenes.meta["prompts"])
        pictures = over(scenes, np.arange(len(scenes)), look)
        order = (pictures[indices] @ prompts.T).argsort(1, descending=True).numpy()
        return {
            **share(order[:, 0] == labels),
            "top5": round(float((order[:, :5] == labels[:, None]).any(1).mean()), 4),
            "retrieval": self.retrieval(hub, pictures, [captions[0] for captions in scenes.captions]),
        }

    def retrieval(self, hub: CLIPModel, pictures: Tensor, captions: list[str]) -> dict:
        """The caption of a picture, and the picture of a caption, among CANDIDATES of them."""
        found: dict[str, list[np.ndarray]] = {"caption": [], "picture": []}
        for start in range(0, len(captions) - CANDIDATES + 1, CANDIDATES):
            part = captions[start : start + CANDIDATES]
            fit = pictures[start : start + CANDIDATES] @ self.texts(hub, part).T
            same = np.array([[a == b for b in part] for a in part])
            for name, best in (("caption", fit.argmax(1)), ("picture", fit.argmax(0))):
                found[name].append(same[np.arange(CANDIDATES), best.numpy()])
        return {"candidates": CANDIDATES, **{name: share(np.concatenate(right)) for name, right in found.items()}}

    def chance(self, scenes: ExpertScenes) -> float:
        return round(1 / len(scenes.meta["things"]), 4)

    def save_processor(self, folder: Path) -> None:
        CLIPImageProcessorPil(
            size={"shortest_edge": 128}, crop_size={"height": 128, "width": 128}, image_mean=[0.5] * 3, image_std=[0.5] * 3
        ).save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)


def recolour_some(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """Of every eight, one in other colours: captions name colours, and most have to be right."""
    values = normalise(pixels)
    few = len(pixels) // 8
    if few > 0:
        values[:few] = recolour(pixels[:few].permute(0, 3, 1, 2).contiguous(), generator)
    return values


def padded(rows: list[list[int]], end: int) -> tuple[Tensor, Tensor]:
    """Rows of one length, a multiple of 16, with the end token, as CLIP's own tokenizer does. -> ids, mask [B, T]"""
    length = -(-max(map(len, rows)) // 16) * 16  # few different lengths, for torch.compile
    ids = torch.tensor([row + [end] * (length - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (length - len(row)) for row in rows])
    return ids, mask
