/**
 * Five ways to make one sequence of visual tokens out of the maps of several experts, after Eagle,
 * https://arxiv.org/abs/2408.15998. Each is a file; here is the choice between them.
 */
import type { Tensor } from "../../tensor";
import type { Shapes } from "../../weights";
import type { PatchGrid } from "../patch-grid";
import type { Probe } from "../probe";
import { channelConcatenation, channelConcatenationWidths } from "./channel-concatenation";
import { deformable, deformableShapes, deformableWidths, type DeformableWeights } from "./deformable";
import type { Experts, FusionConfig, Widths } from "./fusion";
import { llavaHR, llavaHRShapes, llavaHRWidths, type LlavaHRWeights } from "./llava-hr";
import { miniGemini, miniGeminiShapes, miniGeminiWidths, type MiniGeminiWeights } from "./mini-gemini";
import { sequenceAppend, sequenceAppendWidths } from "./sequence-append";

/** Sequence append and channel concatenation have no weights of their own. */
export type FusionWeights = LlavaHRWeights | MiniGeminiWeights | DeformableWeights | undefined;

/** -> the sequences that projectors take: one per expert for sequence append, one for all others. [I, N, C] each */
export function fuse(
  config: FusionConfig,
  experts: Experts,
  w: FusionWeights,
  grid: PatchGrid,
  probe?: Probe,
): Tensor[] {
  // Weights and type come from one config, which is why each cast below holds.
  switch (config.type) {
    case "sequence_append":
      return sequenceAppend(experts);
    case "channel_concatenation":
      return channelConcatenation(experts);
    case "llava_hr":
      return llavaHR(experts, w as LlavaHRWeights, grid, probe);
    case "mini_gemini":
      return miniGemini(experts, w as MiniGeminiWeights, grid, probe);
    case "deformable_attention":
      return deformable(experts, w as DeformableWeights, config, grid, probe);
  }
}

/** How many numbers a token has in each of those sequences. */
export function fusedWidths({ type }: FusionConfig, widths: Widths): number[] {
  const of = {
    sequence_append: sequenceAppendWidths,
    channel_concatenation: channelConcatenationWidths,
    llava_hr: llavaHRWidths,
    mini_gemini: miniGeminiWidths,
    deformable_attention: deformableWidths,
  };
  return of[type](widths);
}

export function fusionShapes(config: FusionConfig, widths: Widths): Shapes<FusionWeights> {
  switch (config.type) {
    case "sequence_append":
    case "channel_concatenation":
      return undefined;
    case "llava_hr":
      return llavaHRShapes(widths);
    case "mini_gemini":
      return miniGeminiShapes(widths);
    case "deformable_attention":
      return deformableShapes(widths, config);
  }
}

export type { Experts, FusionConfig, Widths } from "./fusion";
export { deformableAttention, type DeformableAttention, type DeformableWeights } from "./deformable";
export type { Adapter, LlavaHRWeights } from "./llava-hr";
export type { MiniGeminiWeights } from "./mini-gemini";
