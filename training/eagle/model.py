"""Eagle as it is trained. Towers are those of `transformers`, fusions those of training/oracles, the language model is
TrainingLlama; all weights have the names of public/models/eagle, but for towers, which are called by their experts.

Shapes:  B pictures   N visual tokens   T tokens of a row   S tokens that are said   D hidden size   V vocabulary
"""

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, LlamaConfig

from ..language.llama import TrainingLlama
from ..oracles import fusion
from ..oracles.eagle import Eagle as Oracle
from ..oracles.eagle import Expert, Projector
from ..oracles.fusion import picture, resample
from ..vlm.reader import read
from ..vlm.rows import attention_mask

LONGEST = 512  # tokens: positions that are prepared


def attend(module: nn.Module, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, scaling: float | None = None, **_):
    """Attention of towers in the precision that they compute in: on one thread, twice as fast backward as the fused one."""
    probs = ((q * (scaling or q.shape[-1] ** -0.5)) @ k.transpose(2, 3)).softmax(-1)
    return (probs @ v).transpose(1, 2).contiguous(), probs


AttentionInterface.register("plain", attend)


class Tower(Expert):
    """An expert that takes the common picture as it is: ours all have its size and its normalisation."""

    def __init__(self, config: dict):
        super().__init__(config)
        if self.kind != "convnext":
            self.tower.set_attn_implementation("plain")

    def native_map(self, x: Tensor, between=None) -> Tensor:
        if self.kind == "convnext" or between or self.config.get("class_token") == "dropped":
            return super().native_map(x, between)
        y = self.tower(x).last_hidden_state
        side = x.shape[2] // self.tower.config.patch_size
        return picture(y[:, y.shape[1] - side * side :], (side, side))


class MiniGemini(fusion.MiniGemini):
    """The oracle's function, all windows at once."""

    def forward(self, maps: list[Tensor], aligned: list[Tensor], seen: dict[str, Tensor]) -> list[Tensor]:
        detail = fusion.detail_map(maps[1:])
        rows, columns = aligned[0].shape[2:]
        high, wide = -(-detail.shape[2] // rows), -(-detail.shape[3] // columns)
        detail = fusion.stretch(detail, (rows * high, columns * wide))
        b, c = detail.shape[:2]
        windows = detail.view(b, c, rows, high, columns, wide).permute(0, 2, 4, 3, 5, 1)
        windows = windows.reshape(b, rows * columns, high * wide, c)
        x = fusion.tokens(aligned[0])  # [B, N, d]
        q, k, v = self.query(x)[:, :, None], self.key(windows), self.value(windows)
        weights = (q @ k.transpose(2, 3) / x.shape[2] ** 0.5).softmax(-1)
        return [x + (weights @ v)[:, :, 0]]


class Eagle(nn.Module):
    build_fusion = Oracle.build_fusion
    aligned_width = Oracle.aligned_width

    def __init__(self, config: dict, image_starts: int):
        """`image_starts`: how many tokens of the chat template come before the picture."""
        super().__init__()
        self.config, self.image_starts = config, image_starts
        self.grid = (config["grid"], config["grid"])
        self.vision_towers = nn.ModuleDict({expert["name"]: Tower(expert) for expert in config["vision_configs"]})
        self.strategy = config["fusion"]["type"]
        widths = [tower.width for tower in self.vision_towers.values()]
        aligned = [self.aligned_width(tower) for tower in self.vision_towers.values()]
        mini = self.strategy == "mini_gemini"
        self.fusion = MiniGemini(widths, aligned) if mini else self.build_fusion(widths, aligned)
        text = LlamaConfig(**config["text_config"])
        self.multi_modal_projectors = nn.ModuleList(Projector(n, text.hidden_size) for n in self.fusion.outputs)
        self.language_model = TrainingLlama(text, LONGEST)

    @property
    def visual_tokens(self) -> int:
        return self.grid[0] * self.grid[1] * len(self.multi_modal_projectors)

    def maps(self, pixel_values: Tensor) -> list[Tensor]:
        """What each expert sees, on its own grid: [B, C, h, w]"""
        return [tower.native_map(pixel_values) for tower in self.vision_towers.values()]

    def sequences(self, maps: list[Tensor], pixel_values: Tensor | None = None) -> list[Tensor]:
        """What projectors take: [B, N, C]. llava_hr runs the first expert again, and needs the picture."""
        if self.strategy == "llava_hr":
            slow = fusion.detail_map(maps[1:])
            fast = next(iter(self.vision_towers.values())).native_map(pixel_values, self.fusion.between(slow, {}))
            return self.fusion(fast, slow, self.grid)
        towers = self.vision_towers.values()
        aligned = [resample(m, self.grid, t.config.get("resample", "bilinear")) for m, t in zip(maps, towers)]
        return self.fusion(maps, aligned, {})

    def image_features(self, maps: list[Tensor], pixel_values: Tensor | None = None) -> Tensor:
        """-> [B, N, D]"""
        sequences = self.sequences(maps, pixel_values)
        return torch.cat([project(x) for project, x in zip(self.multi_modal_projectors, sequences)], 1)

    def logits(self, features: Tensor, input_ids: Tensor, positions: Tensor, segments: Tensor, said: Tensor) -> Tensor:
        """Of the tokens after the places `said`. -> [B, S, V]"""
        llama, first, n = self.language_model, self.image_starts, features.shape[1]
        x = llama.model.embed_tokens(input_ids)
        x = torch.cat([x[:, :first], features.float(), x[:, first + n :]], 1)
        return read(llama, x, positions, attention_mask(segments), said)
