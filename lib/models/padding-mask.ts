/** From an attention mask as tokenizers give it to numbers that attention adds to its scores. */
import { tensor, type Executor, type Tensor } from "../tensor";

/** Rows of a batch: 1 for a token, 0 for padding. */
export type AttentionMask = readonly (readonly number[])[];

/** Low enough that exp() of a score with it is 0, and finite: WGSL lets a GPU assume that there are no infinities. */
const HIDDEN = -1e30;

/** Hides padding from every query; undefined when there is none. -> [B, 1, 1, S] */
export function paddingMask(attentionMask: AttentionMask | undefined, executor: Executor): Tensor | undefined {
  if (!attentionMask || attentionMask.every((row) => row.every((kept) => kept !== 0))) return undefined;
  const values = Float32Array.from(attentionMask.flat(), (kept) => (kept === 0 ? HIDDEN : 0));
  return tensor(values, [attentionMask.length, 1, 1, attentionMask[0]!.length], executor);
}
