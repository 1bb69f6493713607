/** Lines over two axes, linear or logarithmic: what figures of training, of rotations and of memory share. */
import { element, svgElement } from "../ui/element";

export type Line = { name: string; points: readonly (readonly [x: number, y: number])[] };

export type Axis = {
  /** What is counted along it, with its unit. */
  label: string;
  /** [linear] */
  scale?: "linear" | "log";
  /** [the smallest and the largest value; from 0 where that is linear] */
  from?: number;
  to?: number;
  format?: (value: number) => string;
};

export type ChartOptions = {
  x: Axis;
  y: Axis;
  /** A value of x to mark. */
  at?: number;
  /** Values of y to mark, each with a name. */
  guides?: readonly { name: string; y: number }[];
};

const WIDTH = 640;
const HEIGHT = 260;
const LEFT = 92;
const RIGHT = 16;
const TOP = 14;
const BOTTOM = 40;
const HALF_CHARACTER = 6; // as wide as digits get on a phone, where text is larger in the drawing's own units

/** The lines of one chart that have a colour of their own. */
export const MOST_LINES = 4;

/** The drawing, and below it which line is which. */
export function chart(lines: readonly Line[], options: ChartOptions): Element[] {
  if (lines.length > MOST_LINES)
    throw new RangeError(`figures: expected at most ${MOST_LINES} lines in one chart, got ${lines.length}`);
  const { at, guides = [] } = options;
  const points = lines.flatMap((line) => line.points);
  const x = scaleOf(
    options.x,
    points.map((point) => point[0]),
    LEFT,
    WIDTH - RIGHT,
  );
  const y = scaleOf(
    options.y,
    points.map((point) => point[1]).concat(guides.map((guide) => guide.y)),
    HEIGHT - BOTTOM,
    TOP,
  );

  const drawing = svgElement("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "fig-curve", "aria-hidden": "true" });
  for (const value of y.ticks)
    drawing.append(
      svgElement("line", { class: "fig-axis", x1: LEFT, x2: WIDTH - RIGHT, y1: y.place(value), y2: y.place(value) }),
      svgElement("text", { x: LEFT - 8, y: y.place(value) + 6, "text-anchor": "end" }, y.format(value)),
    );
  for (const value of x.ticks) {
    const words = x.format(value);
    const middle = Math.min(x.place(value), WIDTH - words.length * HALF_CHARACTER); // the last one stays in the drawing
    drawing.append(svgElement("text", { x: middle, y: HEIGHT - BOTTOM + 26, "text-anchor": "middle" }, words));
  }
  if (at !== undefined)
    drawing.append(
      svgElement("line", { class: "fig-at", x1: x.place(at), x2: x.place(at), y1: TOP, y2: HEIGHT - BOTTOM }),
    );
  for (const guide of guides)
    drawing.append(
      svgElement("line", { class: "fig-at", x1: LEFT, x2: WIDTH - RIGHT, y1: y.place(guide.y), y2: y.place(guide.y) }),
    );
  lines.forEach((line, i) => {
    const path = line.points.map(([a, b], n) => `${n ? "L" : "M"}${x.place(a).toFixed(1)} ${y.place(b).toFixed(1)}`);
    drawing.append(svgElement("path", { class: `fig-series fig-series-${i}`, d: path.join("") }));
  });
  for (const guide of guides)
    drawing.append(svgElement("text", { x: WIDTH - RIGHT, y: y.place(guide.y) - 6, "text-anchor": "end" }, guide.name));
  const key = element(
    "div",
    { class: "fig-key", "aria-hidden": "true" },
    ...lines.map(({ name }, i) => element("span", { class: `fig-key-${i}` }, name)),
    element("span", { class: "fig-unit" }, `up: ${options.y.label}; across: ${options.x.label}`),
  );
  return [drawing, key];
}

type Scale = { ticks: number[]; place(value: number): number; format(value: number): string };

function scaleOf(axis: Axis, values: readonly number[], start: number, end: number): Scale {
  const { scale = "linear", format = (value) => value.toLocaleString("en") } = axis;
  const known = values.filter((value) => Number.isFinite(value) && (scale === "linear" || value > 0));
  const largest = axis.to ?? Math.max(...known);
  const smallest = axis.from ?? (scale === "log" ? Math.min(...known) : Math.min(0, ...known));
  if (!(largest > smallest)) return scaleOf({ ...axis, from: 0, to: 1, scale: "linear" }, [], start, end);
  const ticks = scale === "log" ? powers(smallest, largest) : rounds(smallest, largest);
  // A linear axis ends with a round number, so that the highest line has one to be read from.
  const from = scale === "log" ? smallest : Math.min(smallest, ticks[0]!);
  const to = scale === "log" ? largest : Math.max(largest, axis.to === undefined ? ticks.at(-1)! : largest);
  const position = scale === "log" ? Math.log : (value: number) => value;
  const share = (value: number) => (position(value) - position(from)) / (position(to) - position(from));
  const within = (value: number) => Math.min(1, Math.max(0, share(value)));
  return {
    ticks: ticks.filter((value) => value >= from && value <= to),
    place: (value) => start + within(scale === "log" ? Math.max(value, from) : value) * (end - start),
    format,
  };
}

/** About four round numbers around the values. */
function rounds(from: number, to: number): number[] {
  const rough = (to - from) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough * 0.999)!;
  const first = Math.floor(from / step + 1e-9);
  const last = Math.ceil(to / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** At most six powers of ten, or of two where ten leaves fewer than three. */
function powers(from: number, to: number): number[] {
  const of = (base: number) => {
    const first = Math.ceil(Math.log(from) / Math.log(base) - 1e-9);
    const last = Math.floor(Math.log(to) / Math.log(base) + 1e-9);
    const stride = Math.max(1, Math.ceil((last - first + 1) / 6));
    const count = Math.max(0, Math.floor((last - first) / stride) + 1);
    return Array.from({ length: count }, (_, i) => base ** (first + i * stride));
  };
  const tens = of(10);
  return tens.length >= 3 ? tens : of(2);
}
