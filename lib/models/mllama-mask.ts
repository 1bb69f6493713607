/**
 * Which token of Llama 3.2 Vision looks at which image: an image is seen from its own token on, until the next image comes.
 * https://github.com/meta-llama/llama-models `models/llama3/chat_format.py`, `create_vision_mask`
 *
 * Shapes:  B rows of text   T tokens   I images of a row, filled up to the same number   L tile slots of an image
 *          P tokens of a tile   S = I · L · P
 */
import { tensor, type Executor } from "../tensor";
import type { CrossState } from "./mllama-text";

/** 1 where a token looks at a tile, else 0: [B][T][I][L] */
export type CrossAttentionMask = readonly (readonly (readonly (readonly number[])[])[])[];

/**
 * The mask of a prompt. Images that follow each other directly are seen by the same text: that after the last of them.
 * @param numTiles how many tiles each image of each row has: [B][I]
 * @throws when a row has not as many image tokens as images.
 */
export function crossAttentionMask(
  inputIds: readonly (readonly number[])[],
  { numTiles, imageTokenIndex, maxNumTiles: L, images }: CrossAttentionMaskOptions,
): CrossAttentionMask {
  const I = images ?? Math.max(...numTiles.map((tiles) => tiles.length));
  return inputIds.map((row, b) => {
    const tiles = numTiles[b] ?? [];
    const spans = imageSpans(row, imageTokenIndex);
    if (spans.length !== tiles.length) {
      throw new Error(
        `mllama: expected an image token (${imageTokenIndex}) in row ${b} for each of its ${tiles.length} images, ` +
          `got ${spans.length}`,
      );
    }
    const looks = (t: number, i: number, tile: number) => {
      const span = spans[i];
      return span && span.from <= t && t < span.to && tile < tiles[i]! ? 1 : 0;
    };
    return row.map((_, t) =>
      Array.from({ length: I }, (_, i) => Array.from({ length: L }, (_, tile) => looks(t, i, tile))),
    );
  });
}

export type CrossAttentionMaskOptions = {
  numTiles: readonly (readonly number[])[];
  imageTokenIndex: number;
  /** L */
  maxNumTiles: number;
  /** I [that of the row with most] */
  images?: number;
};

/** From which token on an image is seen, and until before which: its own, and that of the next image. */
function imageSpans(row: readonly number[], imageTokenIndex: number): { from: number; to: number }[] {
  const starts = row.flatMap((token, t) => (token === imageTokenIndex ? [t] : []));
  const spans = starts.map((from, i) => ({ from, to: starts[i + 1] ?? row.length }));
  for (let i = spans.length - 2; i >= 0; i--) {
    const next = spans[i + 1]!;
    if (spans[i]!.to === spans[i]!.from + 1) spans[i]!.to = next.to; // directly before the next: they share its text
  }
  return spans;
}

const HIDDEN = -1e30; // finite: WGSL lets a GPU assume that there are no infinities

/**
 * The mask as the layers use it. A token that sees no image gets no mask at all, and so looks at all of them, empty tiles
 * included; what it then thinks of it is multiplied by 0. That is what transformers does, and not quite what Meta's code
 * does, which multiplies what the token saw by 0 too.
 */
export function crossMask(
  mask: CrossAttentionMask,
  { tokensPerTile: P, executor }: { tokensPerTile: number; executor: Executor },
): Pick<CrossState, "mask" | "sees"> {
  const [B, T, I, L] = [mask.length, mask[0]!.length, mask[0]![0]!.length, mask[0]![0]![0]!.length];
  const rows = mask.flat().map((images) => images.flat()); // B · T rows of I · L
  const sees = rows.map((row) => (row.includes(1) ? 1 : 0));
  const added = rows.flatMap((row, i) => row.map((looks) => (sees[i] && !looks ? HIDDEN : 0)));
  return {
    mask: tensor(added, [B, 1, T, I * L, 1], executor)
      .broadcastTo([B, 1, T, I * L, P]) // every token of a tile is hidden or not as the tile is
      .reshape([B, 1, T, I * L * P]),
    sees: tensor(sees, [B, T, 1], executor),
  };
}
