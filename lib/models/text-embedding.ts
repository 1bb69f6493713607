/** From token ids to the vectors that a text tower starts with: a word's, and its place's. */
import type { Tensor } from "../tensor";
import type { AttentionMask } from "./padding-mask";

/** Token ids, a row per text; all rows are equally long (padded). */
export type InputIds = readonly (readonly number[])[];

/** What a tower for text is given. */
export type TextTowerInputs = {
  inputIds: InputIds;
  /** 1 for a token, 0 for padding [all 1] */
  attentionMask?: AttentionMask;
  /** The place of each token [0, 1, 2, ...] */
  positionIds?: InputIds;
};

/**
 * inputIds: B rows of T tokens -> [B, T, D]
 * @param positionIds the place of each token; 0, 1, 2, ... unless given
 */
export function embedText(
  what: string,
  inputIds: InputIds,
  positionIds: InputIds | undefined,
  w: { tokenEmbedding: { weight: Tensor }; positionEmbedding: { weight: Tensor } },
): Tensor {
  const B = inputIds.length;
  const T = inputIds[0]?.length ?? 0;
  const [longest, D] = w.positionEmbedding.weight.shape as [number, number];
  if (T === 0 || T > longest || inputIds.some((row) => row.length !== T)) {
    const lengths = [...new Set(inputIds.map((row) => row.length))].join(", ");
    throw new RangeError(
      `${what}: expected rows of inputIds that are equally long, of 1 to ${longest} tokens, ` +
        `got ${B} of length ${lengths}; pad the short ones and cut the long ones`,
    );
  }
  const words = w.tokenEmbedding.weight.gather(inputIds.flat()).reshape([B, T, D]);
  const places = positionIds ?? [inputIds[0]!.map((_, t) => t)];
  return words.add(w.positionEmbedding.weight.gather(places.flat()).reshape([places.length, T, D]));
}
