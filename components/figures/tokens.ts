/** The patches, cut out and put in a row in reading order: what the transformer reads instead of words. */
import { element } from "../ui/element";
import { frame } from "./frame";
import { patchGrid } from "./patch-grid";
import { crop, pictureUrl, type Picture } from "../ui/paint";
import { count as counted, place } from "./words";

/**
 * @param options.classToken draws the learned class token, which shows no pixels, at the front
 * @param options.highlight the number of a patch to mark
 */
export function tokens(
  picture: Picture,
  options: { patchSize?: number; classToken?: boolean; highlight?: number } = {},
): HTMLElement {
  const { patchSize = 16, classToken = false, highlight } = options;
  const { rows, columns, count } = patchGrid(picture, patchSize);

  const row = element("ol", { class: "fig-tokens", "aria-hidden": "true" });
  if (classToken) row.append(element("li", { class: "fig-class-token" }, element("span", {}, "class"), label("–")));
  for (let i = 0; i < count; i++) {
    const cut = crop(picture, (i % columns) * patchSize, Math.floor(i / columns) * patchSize, patchSize, patchSize);
    const drawing = element("img", { src: pictureUrl(cut), width: patchSize, height: patchSize, alt: "" });
    row.append(element("li", { class: i === highlight ? "fig-marked" : undefined }, drawing, label(String(i))));
  }
  return frame("tokens", [row], describeTokens({ rows, columns, patchSize, classToken, highlight }));
}

const label = (text: string) => element("small", {}, text);

export function describeTokens(options: {
  rows: number;
  columns: number;
  patchSize: number;
  classToken: boolean;
  highlight?: number;
}): string {
  const { rows, columns, patchSize, classToken, highlight } = options;
  const patches = rows * columns;
  const front = classToken ? `the class token, then ${patches} patches` : counted(patches, "patch", "patches");
  const marked = highlight === undefined ? "" : ` Patch ${highlight} (${place(highlight, columns)}) is marked.`;
  return (
    `In a row: ${front} of ${patchSize}×${patchSize} pixels, from the top left to the bottom right. ` +
    `Patch ${columns} is the first of the second row; ` +
    `two patches one above the other are ${columns} apart.${marked}`
  );
}
