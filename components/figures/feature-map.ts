/**
 * A map of vectors as a picture: the three directions in which they differ most become red, green and blue, so that places
 * with like vectors have like colours. As in figure 1 of DINOv2, https://arxiv.org/abs/2304.07193.
 */
import { element } from "../ui/element";
import { paint, type Picture } from "../ui/paint";
import { frame } from "./frame";
import { asPicture, type PixelValues } from "./picture";
import { principalComponents } from "./principal-components";
import { list, percent, place } from "./words";

/** A vector for each place, [rows, columns, D], as models.featureMap gives it: { shape, data: await map.data() }. */
export type VectorMap = { shape: readonly number[]; data: ArrayLike<number> };

export type FeatureMapOptions = {
  /** The picture of each map, drawn beside it. */
  pictures?: readonly (Picture | PixelValues)[];
  /** What each map is called. */
  titles?: readonly string[];
};

/** @param maps one map; or several of one model, which then share their colours */
export function featureMap(maps: VectorMap | readonly VectorMap[], options: FeatureMapOptions = {}): HTMLElement {
  const all = (Array.isArray(maps) ? maps : [maps]) as readonly VectorMap[];
  const { pictures = [], titles = [] } = options;
  const { D, sizes, vectors } = joined(all);
  const { scores, shares } = principalComponents({ rows: vectors.length / D, columns: D, values: vectors }, 3);
  const colours = toColours(scores);

  let first = 0;
  const cards = sizes.flatMap(({ rows, columns }, i) => {
    const own = colours.slice(first, (first += rows * columns));
    const data = Uint8ClampedArray.from(own.flatMap(([r, g, b]) => [r!, g!, b!, 255]));
    const drawn = paint({ width: columns, height: rows, data });
    const picture = pictures[i] && paint(asPicture(pictures[i]));
    const title = titles[i] ?? (all.length > 1 ? `map ${i}` : `${rows}×${columns} vectors`);
    return [...(picture ? [card(picture, "")] : []), card(drawn, title)];
  });
  const drawn = element("ul", { class: "fig-cards", "aria-hidden": "true" }, ...cards);
  return frame("feature-map", [drawn], describeFeatureMap({ D, sizes, shares, scores, titles }));
}

const card = (canvas: HTMLCanvasElement, title: string) =>
  element("li", {}, canvas, title ? element("b", {}, title) : undefined);

function joined(maps: readonly VectorMap[]) {
  const sizes = maps.map(({ shape, data }) => {
    const [rows, columns, D] = shape.slice(-3);
    if (typeof data === "function")
      throw new TypeError(
        "featureMap: expected numbers, got a tensor; pass { shape: map.shape, data: await map.data() }",
      );
    if (shape.length < 3 || rows! * columns! * D! !== data.length)
      throw new RangeError(
        `featureMap: expected a map of [rows, columns, D], got [${shape.join(", ")}] with ${data.length} numbers`,
      );
    return { rows: rows!, columns: columns!, D: D! };
  });
  const D = sizes[0]?.D ?? 0;
  const other = sizes.find((size) => size.D !== D);
  if (other)
    throw new RangeError(`featureMap: expected maps of one model, with vectors of ${D} numbers, got one of ${other.D}`);
  const vectors = Float64Array.from(maps.flatMap(({ data }) => Array.from(data)));
  return { D, sizes, vectors };
}

/** Each component from its smallest to its largest value. -> three numbers from 0 to 255 a place */
function toColours(scores: readonly (readonly number[])[]): number[][] {
  const range = [0, 1, 2].map((k) => {
    const own = scores.map((score) => score[k]!);
    return { low: Math.min(...own), high: Math.max(...own) };
  });
  return scores.map((score) =>
    score.map((value, k) => {
      const { low, high } = range[k]!;
      return high > low ? Math.round((255 * (value - low)) / (high - low)) : 128;
    }),
  );
}

export function describeFeatureMap(options: {
  D: number;
  sizes: readonly { rows: number; columns: number }[];
  shares: readonly number[];
  scores: readonly (readonly number[])[];
  titles?: readonly string[];
}): string {
  const { D, sizes, shares, scores, titles = [] } = options;
  const names = ["red", "green", "blue"];
  const ends = names.map((name, k) => {
    const best = scores.reduce((best, score, i) => (score[k]! > scores[best]![k]! ? i : best), 0);
    return `${name} at ${where(best, sizes, titles)}`;
  });
  const held = list(shares.map((share, k) => `${names[k]} ${percent(share)}`));
  return (
    `Each place is a vector of ${D} numbers, drawn by the three directions in which they differ most. ` +
    `Of all variance they hold: ${held}. Strongest are ${list(ends)}. Like colours are like vectors.`
  );
}

function where(index: number, sizes: readonly { rows: number; columns: number }[], titles: readonly string[]): string {
  let left = index;
  for (const [i, { rows, columns }] of sizes.entries()) {
    if (left < rows * columns)
      return sizes.length > 1
        ? `${place(left, columns)} in ${titles[i] ? `“${titles[i]}”` : `map ${i}`}`
        : place(left, columns);
    left -= rows * columns;
  }
  return "";
}
