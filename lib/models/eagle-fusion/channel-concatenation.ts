/**
 * Channel concatenation: what all experts say of one place, side by side, is one token. The projector mixes them, and the
 * text becomes no longer by another expert. Eagle's own choice, https://arxiv.org/abs/2408.15998; its code is
 * `eagle/model/multimodal_encoder/multi_backbone_channel_concatenation_encoder.py` (NVlabs/EAGLE).
 */
import { concat, type Tensor } from "../../tensor";
import type { Experts, Widths } from "./fusion";
import { tokensOf } from "./maps";

/** -> one [I, N, ΣC'] */
export function channelConcatenation(experts: Experts): Tensor[] {
  const maps = Array.from({ length: experts.count }, (_, i) => experts.aligned(i));
  return [tokensOf(maps.length === 1 ? maps[0]! : concat(maps, 1))];
}

/** Numbers per token. The columns of the projector's first matrix follow the order of the experts in config.json. */
export function channelConcatenationWidths({ aligned }: Widths): number[] {
  return [aligned.reduce((sum, width) => sum + width, 0)];
}
