/**
 * The grid of patches over a picture, and an input: the reader picks a patch with the pointer or the arrow keys.
 * `.value` is the number of the picked patch; picking another fires a bubbling `input` event.
 */
import { element, svgElement } from "../ui/element";
import { frame } from "./frame";
import { patchGrid } from "./patch-grid";
import { paint, type Picture } from "../ui/paint";
import { place } from "./words";

export type PatchPicker = HTMLElement & { value: number };

/**
 * @param options.patchSize in pixels
 * @param options.highlight the patch that is picked first; patches are numbered in reading order, from 0
 */
export function patches(
  picture: Picture,
  options: { patchSize?: number; highlight?: number; scale?: number } = {},
): PatchPicker {
  const { patchSize = 16, highlight = 0, scale = 2.5 } = options;
  const { rows, columns, count } = patchGrid(picture, patchSize);
  if (!(Number.isInteger(highlight) && highlight >= 0 && highlight < count))
    throw new RangeError(`patches: expected highlight to be a patch from 0 to ${count - 1}, got ${highlight}`);
  let picked = highlight;

  const canvas = paint(picture);
  canvas.setAttribute("aria-hidden", "true");
  const marker = svgElement("rect", { class: "fig-mark", width: patchSize, height: patchSize });
  const grid = svgElement(
    "svg",
    {
      class: "fig-over fig-pick",
      viewBox: `0 0 ${picture.width} ${picture.height}`,
      role: "slider",
      tabindex: 0,
      "aria-label": "Patch",
      "aria-valuemin": 0,
      "aria-valuemax": count - 1,
    },
    ...gridLines(picture.width, picture.height, patchSize),
    marker,
  );
  const stage = element("div", { class: "fig-stage", style: `width: ${picture.width * scale}px` }, canvas, grid);
  const figure = frame("patches", [stage], "") as unknown as PatchPicker;
  const caption = figure.querySelector("figcaption")!;
  Object.defineProperty(figure, "value", { get: () => picked, set: (index: number) => show(index) });
  show(picked);

  grid.addEventListener("pointermove", (event) => show(patchUnder(event), picked));
  grid.addEventListener("pointerleave", () => show(picked));
  grid.addEventListener("click", (event) => pick(patchUnder(event)));
  grid.addEventListener("keydown", (event) => {
    const next = step(event.key);
    if (next === undefined) return;
    event.preventDefault();
    pick(next);
  });
  return figure;

  /** Marks a patch; while the pointer only hovers over it, `kept` stays the picked one. */
  function show(index: number, kept = index): void {
    picked = kept;
    marker.setAttribute("x", String((index % columns) * patchSize));
    marker.setAttribute("y", String(Math.floor(index / columns) * patchSize));
    grid.setAttribute("aria-valuenow", String(index));
    grid.setAttribute("aria-valuetext", `patch ${index}, ${place(index, columns)}`);
    caption.textContent = describePatch(index, { rows, columns, patchSize });
  }

  function pick(index: number): void {
    show(index);
    figure.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function patchUnder(event: MouseEvent): number {
    const box = grid.getBoundingClientRect();
    const within = (share: number, n: number) => Math.min(n - 1, Math.max(0, Math.floor(share * n)));
    const column = within((event.clientX - box.left) / box.width, columns);
    return within((event.clientY - box.top) / box.height, rows) * columns + column;
  }

  function step(key: string): number | undefined {
    const moves: Record<string, number> = {
      ArrowLeft: picked % columns > 0 ? -1 : 0,
      ArrowRight: picked % columns < columns - 1 ? 1 : 0,
      ArrowUp: picked >= columns ? -columns : 0,
      ArrowDown: picked < count - columns ? columns : 0,
      Home: -picked,
      End: count - 1 - picked,
    };
    const move = moves[key];
    return move === undefined ? undefined : picked + move;
  }
}

export function describePatch(index: number, grid: { rows: number; columns: number; patchSize: number }): string {
  const { rows, columns, patchSize } = grid;
  const left = (index % columns) * patchSize;
  const top = Math.floor(index / columns) * patchSize;
  return (
    `${rows}×${columns} = ${rows * columns} patches of ${patchSize}×${patchSize} pixels. ` +
    `Patch ${index}: ${place(index, columns)}, pixels ${left} to ${left + patchSize - 1} across and ${top} to ${top + patchSize - 1} down.`
  );
}

/** The lines between patches. Drawn twice, dark below light, so that they show on any picture. */
export function gridLines(width: number, height: number, patchSize: number): SVGElement[] {
  let path = "";
  for (let x = patchSize; x < width; x += patchSize) path += `M${x} 0V${height}`;
  for (let y = patchSize; y < height; y += patchSize) path += `M0 ${y}H${width}`;
  return [
    svgElement("path", { class: "fig-line-below", d: path }),
    svgElement("path", { class: "fig-line-above", d: path }),
  ];
}
