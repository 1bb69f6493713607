"""Five ways to make one sequence of visual tokens out of the maps of several experts. Eagle, https://arxiv.org/abs/2408.15998.

    sequence_append         the tokens of one expert after those of another
    channel_concatenation   the numbers of all experts at a place, side by side: one token per place
    llava_hr                adapters inside the first expert add the others' map (LLaVA-HR, https://arxiv.org/abs/2403.03003)
    mini_gemini             each token of the first expert looks at the part of the others' map that lies under it
                            (Mini-Gemini, https://arxiv.org/abs/2403.18814)
    deformable_attention    each token of the first expert looks at a few points of the others' maps
                            (Deformable DETR, https://arxiv.org/abs/2010.04159)

Every fusion takes `maps`, the native map [B, C, h, w] of each expert, and gives the sequences [B, N, C] that projectors
take: one, or one per expert for sequence_append. `grid` is (rows, columns), and N = rows * columns.

The paper names the last three and does not say how they were wired to more than two experts. Here, wherever one map is
expected of several experts (`detail_map`), each is stretched to the finest grid among them and they are put side by side
in channels, as Mini-Gemini does with the four stages of its ConvNeXt.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .deformable_attention import DeformableAttention

Grid = tuple[int, int]


def tokens(features: Tensor) -> Tensor:
    """[B, C, h, w] -> [B, h * w, C]"""
    return features.flatten(2).transpose(1, 2)


def picture(x: Tensor, grid: Grid) -> Tensor:
    """[B, h * w, C] -> [B, C, h, w]"""
    return x.transpose(1, 2).reshape(x.shape[0], x.shape[2], *grid)


def stretch(features: Tensor, grid: Grid) -> Tensor:
    """Bilinear, the corners of both grids on one another. [B, C, h, w] -> [B, C, rows, columns]"""
    if tuple(features.shape[2:]) == tuple(grid):
        return features
    return F.interpolate(features, size=grid, mode="bilinear", align_corners=True)


def resample(features: Tensor, grid: Grid, how: str) -> Tensor:
    """The common grid, as Eagle's config asks of this expert: places between, or blocks of places folded into channels."""
    if how == "pixel_unshuffle":
        return F.pixel_unshuffle(features, features.shape[2] // grid[0])
    return stretch(features, grid)


def detail_map(maps: list[Tensor]) -> Tensor:
    rows = max(m.shape[2] for m in maps)
    columns = max(m.shape[3] for m in maps)
    return torch.cat([stretch(m, (rows, columns)) for m in maps], 1)


class SequenceAppend(nn.Module):
    def __init__(self, widths: list[int], aligned_widths: list[int]) -> None:
        super().__init__()
        self.outputs = aligned_widths

    def forward(self, maps: list[Tensor], aligned: list[Tensor], seen: dict[str, Tensor]) -> list[Tensor]:
        return [tokens(a) for a in aligned]


class ChannelConcatenation(nn.Module):
    def __init__(self, widths: list[int], aligned_widths: list[int]) -> None:
        super().__init__()
        self.outputs = [sum(aligned_widths)]

    def forward(self, maps: list[Tensor], aligned: list[Tensor], seen: dict[str, Tensor]) -> list[Tensor]:
        return [tokens(torch.cat(aligned, 1))]


class Adapter(nn.Module):
    """LLaVA-HR's mixture-of-resolution adapter: the slow map joins the tokens of the fast encoder, through a gate."""

    def __init__(self, fast: int, slow: int) -> None:
        super().__init__()
        self.slow_conv = nn.Conv2d(slow, slow, 1)
        self.slow_proj = nn.Conv2d(slow, fast, 1)
        self.fast_conv = nn.Conv2d(fast, fast, 7, padding=3, groups=fast)
        self.fast_proj = nn.Conv2d(fast, fast, 1)
        self.gate = nn.Sequential(nn.Linear(2 * fast, fast // 2), nn.GELU(), nn.Linear(fast // 2, 1))
        for zero in (self.slow_proj, self.fast_proj):  # at first the fast encoder does not notice
            nn.init.zeros_(zero.weight)
            nn.init.zeros_(zero.bias)

    def forward(self, f: Tensor, slow: Tensor, grid: Grid) -> tuple[Tensor, Tensor]:
        """f [B, N, d], slow [B, c, h, w] -> [B, N, d], and the gate [B, 1]"""
        s = self.slow_proj(F.gelu(self.slow_conv(slow)))
        s = tokens(fit(s, grid))
        x = picture(f, grid)
        f = tokens(x + self.fast_proj(F.gelu(self.fast_conv(x))))
        gate = torch.tanh(self.gate(torch.cat([f, s], -1).mean(1)))  # one number per picture
        return f + gate[:, None] * s, gate


def fit(slow: Tensor, grid: Grid) -> Tensor:
    """A finer map by the mean of whole blocks, any other by bilinear interpolation."""
    h, w = slow.shape[2:]
    if h % grid[0] == 0 and w % grid[1] == 0:
        return F.avg_pool2d(slow, (h // grid[0], w // grid[1]))
    return stretch(slow, grid)


class LlavaHR(nn.Module):
    """The first expert is the fast encoder, with an adapter after each quarter of its layers but the last."""

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        fast, slow = widths[0], sum(widths[1:])
        self.adapters = nn.ModuleList(Adapter(fast, slow) for _ in range(3))
        self.fast_proj = nn.Linear(fast, fast)
        self.slow_proj = nn.Linear(slow, fast)
        self.outputs = [fast]

    def between(self, slow: Tensor, seen: dict[str, Tensor]):
        """What the fast encoder is to do after layer i (from 1) of n."""

        def adapt(f: Tensor, i: int, n: int, grid: Grid) -> Tensor:
            if i % (n // 4) != 0 or i == n:
                return f
            index = i // (n // 4) - 1
            f, gate = self.adapters[index](f, slow, grid)
            seen[f"fusion.adapters.{index}.output"], seen[f"fusion.adapters.{index}.gate"] = f, gate
            return f

        return adapt

    def forward(self, fast: Tensor, slow: Tensor, grid: Grid) -> list[Tensor]:
        """fast [B, d, h, w] after its last layer, slow [B, c, h', w']"""
        own = tuple(fast.shape[2:])
        x = self.fast_proj(tokens(fast)) + self.slow_proj(tokens(fit(slow, own)))
        return [tokens(stretch(picture(x, own), grid))]


class MiniGemini(nn.Module):
    """Patch info mining: token i asks, the s * s places of the detail map under it answer, and the answer is added."""

    def __init__(self, widths: list[int], aligned_widths: list[int]) -> None:
        super().__init__()
        d, c = aligned_widths[0], sum(widths[1:])
        self.query = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, d))
        self.key = nn.Sequential(nn.LayerNorm(c), nn.Linear(c, d))
        self.value = nn.Sequential(nn.LayerNorm(c), nn.Linear(c, d))
        self.outputs = [d]

    def forward(self, maps: list[Tensor], aligned: list[Tensor], seen: dict[str, Tensor]) -> list[Tensor]:
        detail = detail_map(maps[1:])
        rows, columns = aligned[0].shape[2:]
        # Windows have whole sides: a detail map that does not divide is stretched to the next size that does.
        high, wide = -(-detail.shape[2] // rows), -(-detail.shape[3] // columns)
        detail = stretch(detail, (rows * high, columns * wide))
        x = tokens(aligned[0])  # [B, N, d]
        B, N, d = x.shape
        y = torch.empty_like(x)
        probs = torch.empty(B, N, high * wide)
        for i in range(N):
            top, left = (i // columns) * high, (i % columns) * wide
            window = tokens(detail[:, :, top : top + high, left : left + wide])  # [B, s * s, c]
            q, k, v = self.query(x[:, i : i + 1]), self.key(window), self.value(window)
            weights = (q @ k.transpose(1, 2) / d**0.5).softmax(-1)  # [B, 1, s * s]
            probs[:, i] = weights[:, 0]
            y[:, i] = (weights @ v)[:, 0]
        seen["fusion.detail"], seen["fusion.probs"] = detail, probs
        return [x + y]


class DeformableLayer(nn.Module):
    def __init__(self, width: int, heads: int, levels: int, points: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attention = DeformableAttention(width, heads, levels, points)

    def forward(self, x: Tensor, reference: Tensor, maps: list[Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        y, seen = self.attention(self.norm(x), reference, maps)
        return x + y, seen


class Deformable(nn.Module):
    """The wiring is ours: queries are the first expert's tokens, every other expert is a level, layers add to the tokens."""

    def __init__(self, widths: list[int], aligned_widths: list[int], heads: int, points: int, layers: int) -> None:
        super().__init__()
        d = aligned_widths[0]
        levels = len(widths) - 1
        self.inputs = nn.ModuleList(nn.Linear(c, d) for c in widths[1:])
        self.layers = nn.ModuleList(DeformableLayer(d, heads, levels, points) for _ in range(layers))
        self.outputs = [d]

    def forward(self, maps: list[Tensor], aligned: list[Tensor], seen: dict[str, Tensor]) -> list[Tensor]:
        x = tokens(aligned[0])
        rows, columns = aligned[0].shape[2:]
        levels = [picture(linear(tokens(m)), m.shape[2:]) for linear, m in zip(self.inputs, maps[1:])]
        centres = [((c + 0.5) / columns, (r + 0.5) / rows) for r in range(rows) for c in range(columns)]  # (x, y)
        for i, layer in enumerate(self.layers):
            x, points = layer(x, torch.tensor(centres), levels)
            seen[f"fusion.layers.{i}.output"] = x
            seen |= {f"fusion.layers.{i}.attention.{name}": value for name, value in points.items()}
        return [x]
