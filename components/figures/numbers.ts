/** One channel of a patch, as the numbers that it is. */
import { element } from "../ui/element";
import { frame } from "./frame";
import { patchGrid } from "./patch-grid";
import { crop, type Picture } from "../ui/paint";

export type Channel = "red" | "green" | "blue";
const channels: readonly Channel[] = ["red", "green", "blue"];

/** @param options.patch its number, in reading order from 0 */
export function numbers(
  picture: Picture,
  options: { patch?: number; channel?: Channel; patchSize?: number } = {},
): HTMLElement {
  const { patch = 0, channel = "red", patchSize = 16 } = options;
  const { columns, count } = patchGrid(picture, patchSize);
  if (!(Number.isInteger(patch) && patch >= 0 && patch < count))
    throw new RangeError(`numbers: expected patch to be from 0 to ${count - 1}, got ${patch}`);
  const offset = channels.indexOf(channel);
  if (offset < 0) throw new RangeError(`numbers: expected channel to be red, green or blue, got ${String(channel)}`);

  const cut = crop(
    picture,
    (patch % columns) * patchSize,
    Math.floor(patch / columns) * patchSize,
    patchSize,
    patchSize,
  );
  const values = Array.from({ length: patchSize * patchSize }, (_, i) => cut.data[i * 4 + offset]!);
  const rows = Array.from({ length: patchSize }, (_, y) =>
    element("tr", {}, ...values.slice(y * patchSize, (y + 1) * patchSize).map((value) => cell(value, offset))),
  );
  const table = element("table", { class: "fig-numbers" }, element("tbody", {}, ...rows));
  // A wide table scrolls by itself; what scrolls must be reachable by keyboard.
  const scroller = element(
    "div",
    { class: "fig-scroll", tabindex: 0, role: "region", "aria-label": `The ${channel} channel of patch ${patch}` },
    table,
  );
  return frame("numbers", [scroller], describeNumbers(values, { patch, channel, patchSize }));
}

/** Shades of the channel's own colour; the digits are black or white, whichever contrasts more with the shade. */
function cell(value: number, offset: number): HTMLElement {
  const background = [0, 0, 0];
  background[offset] = value;
  const ink = luminance(background) > 0.179 ? "#000" : "#fff"; // at 0.179, black and white contrast equally (WCAG 2.2)
  return element("td", { style: `background: rgb(${background.join(" ")}); color: ${ink}` }, value);
}

/** Relative luminance as WCAG 2.2 defines it. */
function luminance(rgb: readonly number[]): number {
  const [r, g, b] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

export function describeNumbers(
  values: readonly number[],
  { patch, channel, patchSize }: { patch: number; channel: Channel; patchSize: number },
): string {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const n = patchSize * patchSize;
  return (
    `The ${channel} channel of patch ${patch}: ${patchSize}×${patchSize} = ${n} numbers ` +
    `from ${Math.min(...values)} to ${Math.max(...values)}, on average ${mean.toFixed(0)}. ` +
    `With all three channels, the patch is ${patchSize}×${patchSize}×3 = ${n * 3} numbers.`
  );
}
