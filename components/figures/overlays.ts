/** One picture under several sets of weights, side by side: a map for each layer, for each method, for each answer. */
import { strongest } from "./attention";
import { element } from "../ui/element";
import { frame } from "./frame";
import { overlay } from "./overlay";
import { patchGrid } from "./patch-grid";
import { type Picture } from "../ui/paint";
import { percent, place } from "./words";

export type WeightedCard = {
  title: string;
  /** One number a patch, 0 to 1, in reading order. */
  weights: ArrayLike<number>;
};

export type OverlaysOptions = {
  patchSize?: number;
  /** What the weights are, for the sentence: "Probability of cat" [Weights] */
  what?: string;
  /** Whether bright means the same in all of them; otherwise each has its own scale [false] */
  shared?: boolean;
};

export function overlays(picture: Picture, cards: readonly WeightedCard[], options: OverlaysOptions = {}): HTMLElement {
  const { patchSize = 16, shared = false } = options;
  const { columns } = patchGrid(picture, patchSize);
  const largest = shared ? Math.max(...cards.flatMap(({ weights }) => Array.from(weights))) : undefined;
  const drawn = cards.map(({ title, weights }) =>
    element(
      "div",
      {},
      overlay(picture, weights, { patchSize, width: "100%", largest }),
      element("small", { "aria-hidden": "true" }, title),
    ),
  );
  const text = describeOverlays(cards, { ...options, columns });
  return frame("overlays", [element("div", { class: "fig-heads" }, ...drawn)], text);
}

export function describeOverlays(
  cards: readonly WeightedCard[],
  { what = "Weights", shared = false, columns }: OverlaysOptions & { columns: number },
): string {
  const each = cards.map(({ title, weights }) => {
    const [best] = strongest(Array.from(weights), 1);
    return best === undefined
      ? `${title}: none`
      : `${title}: most on patch ${best} (${place(best, columns)}, ${percent(weights[best]!)})`;
  });
  const scales = cards.length < 2 ? "" : shared ? ", all on one scale" : ", each on its own scale";
  return `${what}${scales}: ${each.join("; ")}.`;
}
