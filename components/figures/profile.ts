/** One row of pixels as three lines, a channel each: where the picture changes, the lines jump. */
import { element, svgElement } from "../ui/element";
import { checkedPicture, paint, type Picture } from "../ui/paint";
import { frame } from "./frame";
import { list } from "./words";

const channels = ["red", "green", "blue"] as const;
const WIDTH = 640;
const HEIGHT = 240;
const LEFT = 44;
const RIGHT = 26;
const TOP = 12;
const BOTTOM = 34;

/** @param options.row which row of pixels, from 0 at the top; the middle one unless given */
export function profile(picture: Picture, options: { row?: number } = {}): HTMLElement {
  const { width, height } = checkedPicture(picture);
  const { row = Math.floor(height / 2) } = options;
  if (!(Number.isInteger(row) && row >= 0 && row < height))
    throw new RangeError(`profile: expected row to be from 0 to ${height - 1}, got ${row}`);
  const lines = channels.map((_, c) => rowOf(picture, row, c));

  const x = (column: number) => LEFT + (column / Math.max(1, width - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => TOP + (1 - value / 255) * (HEIGHT - TOP - BOTTOM);
  const drawing = svgElement("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "fig-curve fig-profile" });
  for (const value of [0, 128, 255]) {
    drawing.append(
      svgElement("line", { class: "fig-axis", x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value) }),
      svgElement("text", { x: LEFT - 8, y: y(value) + 5, "text-anchor": "end" }, value),
    );
  }
  for (const column of [0, Math.floor(width / 2), width - 1])
    drawing.append(svgElement("text", { x: x(column), y: HEIGHT - 8, "text-anchor": "middle" }, String(column)));
  lines.forEach((values, c) => {
    const path = values.map((value, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join("");
    drawing.append(svgElement("path", { class: `fig-series fig-${channels[c]!}`, d: path }));
  });

  const names = channels.map((name) => element("span", { class: `fig-key-${name}` }, name));
  const axes = element("span", { class: "fig-unit" }, "up: the value; across: the column");
  const key = element("div", { class: "fig-key" }, ...names, axes);
  const stage = element("div", { class: "fig-stage fig-profile-stage" }, paint(picture), marked(picture, row));
  const drawn = element("div", { class: "fig-beside", "aria-hidden": "true" }, stage, element("div", {}, drawing, key));
  return frame("profile", [drawn], describeProfile(lines, row));
}

/** The picture again, with the row marked. */
function marked({ width, height }: Picture, row: number): SVGSVGElement {
  const line = { x1: 0, x2: width, y1: row + 0.5, y2: row + 0.5 };
  return svgElement(
    "svg",
    { class: "fig-over", viewBox: `0 0 ${width} ${height}` },
    svgElement("line", { ...line, class: "fig-row-below" }),
    svgElement("line", { ...line, class: "fig-row-above" }),
  );
}

function rowOf({ width, data }: Picture, row: number, channel: number): number[] {
  return Array.from({ length: width }, (_, column) => data[(row * width + column) * 4 + channel]!);
}

/** @param lines the values of the row, one list a channel */
export function describeProfile(lines: readonly (readonly number[])[], row: number): string {
  const ranges = lines.map((values, c) => `${channels[c]} from ${Math.min(...values)} to ${Math.max(...values)}`);
  const steps = lines[0]!.slice(1).map((_, i) => Math.max(...lines.map((line) => Math.abs(line[i + 1]! - line[i]!))));
  const largest = Math.max(...steps);
  const at = steps.indexOf(largest);
  const jump = largest
    ? `The largest jump between neighbours is ${largest}, from column ${at} to ${at + 1}.`
    : "All its pixels are alike.";
  return `Row ${row}, ${lines[0]!.length} pixels from left to right: ${list(ranges)}. ${jump}`;
}
