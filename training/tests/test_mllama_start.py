"""What `mllama` starts from sees what the tower that it was made of sees."""

import unittest

import torch
from transformers import AutoModelForImageClassification

from ..mllama.config import PATCH, TILE
from ..mllama.pictures import pictures_of
from ..mllama.recipe import FULL
from ..mllama.start import new_mllama
from ..paths import MODELS


def discs(count: int = 8) -> torch.Tensor:
    """Pictures with two discs each on a plain ground. -> uint8 [B, 128, 128, 3]"""
    generator = torch.Generator().manual_seed(1)
    y, x = torch.meshgrid(torch.arange(128), torch.arange(128), indexing="ij")
    pictures = torch.randint(150, 256, (count, 1, 1, 3), generator=generator).expand(count, 128, 128, 3).clone()
    for picture in pictures:
        for _ in range(2):
            cx, cy, r = (int(torch.randint(low, high, (), generator=generator)) for low, high in ((30, 98), (30, 98), (14, 30)))
            picture[(x - cx) ** 2 + (y - cy) ** 2 < r * r] = torch.randint(0, 256, (3,), generator=generator)
    return pictures.to(torch.uint8)


class TheStart(unittest.TestCase):
    @torch.no_grad()
    def test_names_patches_as_dense_does(self) -> None:
        pixels, n = discs(), TILE // PATCH
        dense = AutoModelForImageClassification.from_pretrained(MODELS / "dense").float().eval()
        named = dense.classifier(dense.vit(pixels.permute(0, 3, 1, 2) / 127.5 - 1).last_hidden_state[:, 1:]).argmax(-1)
        named = named.view(-1, 2, n, 2, n).transpose(2, 3).flatten(1)  # tile by tile, as mllama has them

        start, _, _ = new_mllama(FULL, quick=False)
        d = start.config.vision_config.hidden_size
        last = start.vision_model.eval()(*pictures_of(pixels).tensors())[..., :d]
        again = dense.classifier(last.view(len(pixels), 4, -1, d)[:, :, 1:]).argmax(-1).flatten(1)

        there = named != dense.config.label2id["ground"]
        self.assertGreater(int(there.sum()), 100)
        self.assertGreater(float((again == named).float().mean()), 0.85)
        self.assertGreater(float((again == named)[there].float().mean()), 0.5)
