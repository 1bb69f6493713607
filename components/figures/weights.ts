/** A small matrix of weights with its numbers: each row is one who looks, each column one who is looked at. */
import { element } from "../ui/element";
import { frame } from "./frame";
import { matrix, row, type Matrix } from "./matrix";
import { list } from "./words";

export type WeightsOptions = {
  /** Names of the rows and of the columns; numbers from 0 unless given. */
  rows?: readonly string[];
  columns?: readonly string[];
  /** Digits after the point [2] */
  digits?: number;
  /** Whether a last column shows what each row sums to [true]; false for numbers of pairs, which sum to nothing */
  sums?: boolean;
};

const MOST = 16; // rows or columns: more do not fit on a phone

export function weights(value: Matrix, options: WeightsOptions = {}): HTMLElement {
  const flat = matrix(value);
  if (flat.rows > MOST || flat.columns > MOST)
    throw new RangeError(`weights: expected at most ${MOST} rows and columns, got ${flat.rows} and ${flat.columns}`);
  const names = named(flat, options);
  const { digits = 2, sums = true } = options;
  const largest = Math.max(...Array.from(flat.values, Math.abs)) || 1;

  const head = element("tr", {}, element("td"), ...names.columns.map(heading("col")), sums ? sumHeading() : undefined);
  const body = names.rows.map((name, r) => {
    const values = row(flat, r);
    const cells = values.map((x) => element("td", { style: `--share: ${share(x, largest)}%` }, short(x, digits)));
    const total = sums ? element("td", { class: "fig-sum" }, short(sumOf(values), digits)) : undefined;
    return element("tr", {}, heading("row")(name), ...cells, total);
  });
  const table = element("table", { class: "fig-weights" }, element("thead", {}, head), element("tbody", {}, ...body));
  const scroller = element("div", { class: "fig-scroll", tabindex: 0, role: "group", "aria-label": "Weights" }, table);
  return frame("weights", [scroller], describeWeights(value, options));
}

const heading = (scope: "row" | "col") => (name: string) => element("th", { scope }, name);
const sumHeading = () => element("th", { scope: "col", class: "fig-sum" }, "sum");
const sumOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const share = (x: number, largest: number) => Math.round((Math.max(0, x) / largest) * 70);
const short = (x: number, digits: number) => x.toFixed(digits).replace("-", "−");

type Flat = ReturnType<typeof matrix>;

function named({ rows, columns }: Flat, options: WeightsOptions) {
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));
  return { rows: options.rows ?? numbers(rows), columns: options.columns ?? numbers(columns) };
}

/** "cat looks most at dog (0.62)", for each row, and what the rows sum to. */
export function describeWeights(value: Matrix, options: WeightsOptions = {}): string {
  const flat = matrix(value);
  const names = named(flat, options);
  const { digits = 2, sums = true } = options;
  if (!sums) return describePairs(flat, names, digits);
  const most = names.rows.map((name, r) => {
    const values = row(flat, r);
    const best = values.indexOf(Math.max(...values));
    return `row ${name}: most on ${names.columns[best]} (${short(values[best]!, digits)})`;
  });
  const totals = names.rows.map((_, r) => sumOf(row(flat, r)));
  const [low, high] = [Math.min(...totals), Math.max(...totals)];
  const total = high - low < 1e-3 ? `Each row sums to ${short(high, digits)}` : "The rows have different sums";
  return `${flat.rows} rows of ${flat.columns} weights; ${list(most)}. ${total}.`;
}

/** Of all pairs of two different ones: the most and the least. Which is the row and which the column is told where it counts. */
function describePairs(flat: Flat, names: { rows: readonly string[]; columns: readonly string[] }, digits: number) {
  const at = (r: number, c: number) => flat.values[r * flat.columns + c]!;
  const symmetric =
    flat.rows === flat.columns && names.rows.every((_, r) => names.columns.every((_, c) => at(r, c) === at(c, r)));
  const words = (row: string, column: string) => (symmetric ? `${row} and ${column}` : `row ${row}, column ${column}`);
  const pairs = names.rows.flatMap((name, r) =>
    names.columns.map((other, c) => ({ words: words(name, other), x: at(r, c), r, c })),
  );
  const different = pairs.filter(({ r, c }) => (symmetric ? r < c : r !== c)).sort((a, b) => b.x - a.x);
  const [most, least] = [different[0], different.at(-1)];
  if (!most || !least) return `${flat.rows} rows of ${flat.columns} numbers.`;
  return `Most: ${most.words} (${short(most.x, digits)}). Least: ${least.words} (${short(least.x, digits)}).`;
}
