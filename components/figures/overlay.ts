/** Weights per patch, drawn over a picture: the picture shows through where the weight is high, the rest is dark. */
import { element, svgElement } from "../ui/element";
import { gridLines } from "./patches";
import { patchGrid } from "./patch-grid";
import { paint, type Picture } from "../ui/paint";

/** How dark a patch with no weight becomes. Not fully black, so that the reader still sees what is not looked at. */
const DARKEST = 0.86;

/**
 * @param weights one number a patch, >= 0, in reading order; the largest is drawn fully bright
 * @param options.largest the weight that is drawn fully bright, for several pictures on one scale [the largest of these]
 * @param marks patches to outline, by number
 */
export function overlay(
  picture: Picture,
  weights: ArrayLike<number>,
  options: { patchSize: number; marks?: readonly number[]; query?: number; width: string; largest?: number },
): HTMLElement {
  const { patchSize, marks = [], query, width } = options;
  const { columns, count } = patchGrid(picture, patchSize);
  if (weights.length !== count)
    throw new RangeError(`figures: expected ${count} weights, one a patch, got ${weights.length}`);
  const largest = Math.max(options.largest ?? Math.max(...Array.from(weights)), Number.MIN_VALUE);

  const canvas = paint(picture);
  const square = (i: number, attributes: Record<string, string>) =>
    svgElement("rect", {
      x: (i % columns) * patchSize,
      y: Math.floor(i / columns) * patchSize,
      width: patchSize,
      height: patchSize,
      ...attributes,
    });
  const shades = Array.from({ length: count }, (_, i) =>
    square(i, { class: "fig-shade", opacity: (DARKEST * (1 - weights[i]! / largest)).toFixed(3) }),
  );
  const drawing = svgElement(
    "svg",
    { class: "fig-over", viewBox: `0 0 ${picture.width} ${picture.height}` },
    ...shades,
    ...gridLines(picture.width, picture.height, patchSize).map((line) => (line.classList.add("fig-faint"), line)),
    ...marks.map((i) => square(i, { class: "fig-mark" })),
    ...(query === undefined ? [] : [square(query, { class: "fig-mark-query" })]),
  );
  return element("div", { class: "fig-stage", style: `width: ${width}`, "aria-hidden": "true" }, canvas, drawing);
}
