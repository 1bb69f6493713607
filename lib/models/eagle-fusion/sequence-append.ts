/**
 * Sequence append: the tokens of one expert after those of another, each through a projector of its own. Nothing is mixed,
 * and the text becomes longer by N tokens for each expert. Named in Eagle, https://arxiv.org/abs/2408.15998.
 */
import type { Tensor } from "../../tensor";
import type { Experts, Widths } from "./fusion";
import { tokensOf } from "./maps";

/** -> one [I, N, C'] per expert */
export function sequenceAppend(experts: Experts): Tensor[] {
  return Array.from({ length: experts.count }, (_, i) => tokensOf(experts.aligned(i)));
}

/** Numbers per token of each sequence. */
export function sequenceAppendWidths({ aligned }: Widths): number[] {
  return [...aligned];
}
