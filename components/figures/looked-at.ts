/** Weights over the places of a picture: where a token of an answer looks, or what else has a number for each place. */
import type { Picture } from "../ui/paint";
import { sharesByThing, strongest, type PatchTruth } from "./attention";
import { frame } from "./frame";
import { overlay } from "./overlay";

import { list, percent, place } from "./words";

export type LookedAt = {
  rows: number;
  columns: number;
  /** A number for each place, 0 or more, in reading order. */
  weights: ArrayLike<number>;
  /** Of all that was given away, how much went to the picture [their sum] */
  share?: number;
  layer?: number;
};

export type LookedAtOptions = {
  picture: Picture;
  /** Who looks: "the token that answers" */
  who?: string;
  /** What is at each place, to say on what it looks. */
  truth?: PatchTruth;
  scale?: number;
};

/** @param look as models.pictureAttention gives it; the picture must be cut evenly by its columns */
export function lookedAt(look: LookedAt, options: LookedAtOptions): HTMLElement {
  const { rows, columns, weights } = look;
  const { picture, scale = 2.5 } = options;
  const patchSize = picture.width / columns;
  if (!Number.isInteger(patchSize) || patchSize * rows !== picture.height)
    throw new RangeError(
      `lookedAt: expected a grid that cuts a picture of ${picture.width}×${picture.height} into squares, got ${columns}×${rows}`,
    );
  const stage = overlay(picture, weights, {
    patchSize,
    marks: strongest(Array.from(weights), 3),
    width: `${picture.width * scale}px`,
  });
  return frame("looked-at", [stage], describeLook(look, options));
}

export function describeLook(
  look: LookedAt,
  { who = "the token that answers", truth }: Partial<LookedAtOptions> = {},
): string {
  const weights = Array.from(look.weights);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const share = look.share ?? total;
  const best = strongest(weights, 3).map((i) => `${place(i, look.columns)} (${percent(weights[i]! / (total || 1))})`);
  const where = look.layer === undefined ? "" : `In layer ${look.layer}, `;
  const said = `${where}${who} gives ${percent(share)} of its attention to the picture.`;
  const begin = `${said.charAt(0).toUpperCase()}${said.slice(1)}`;
  if (!truth) return `${begin} Of that, most goes to ${list(best)}.`;
  const shares = sharesByThing(
    weights.map((weight) => weight / (total || 1)),
    truth,
  );
  return `${begin} Of that, ${list(shares)}. The strongest places are ${list(best)}.`;
}
