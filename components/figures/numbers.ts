/** A patch as the numbers that it is: one channel at a time, and the reader chooses which. */
import { element } from "../ui/element";
import { crop, type Picture } from "../ui/paint";
import { frame } from "./frame";
import { patchGrid } from "./patch-grid";

export type Channel = "red" | "green" | "blue";
const channels: readonly Channel[] = ["red", "green", "blue"];

let figures = 0;

/**
 * @param options.patch its number, in reading order from 0
 * @param options.channel the one that is shown first
 */
export function numbers(
  picture: Picture,
  options: { patch?: number; channel?: Channel; patchSize?: number } = {},
): HTMLElement {
  const { patch = 0, channel = "red", patchSize = 16 } = options;
  const { columns, count } = patchGrid(picture, patchSize);
  if (!(Number.isInteger(patch) && patch >= 0 && patch < count))
    throw new RangeError(`numbers: expected patch to be from 0 to ${count - 1}, got ${patch}`);
  if (!channels.includes(channel))
    throw new RangeError(`numbers: expected channel to be red, green or blue, got ${String(channel)}`);

  const left = (patch % columns) * patchSize;
  const top = Math.floor(patch / columns) * patchSize;
  const cut = crop(picture, left, top, patchSize, patchSize);
  const table = element("table", { class: "fig-numbers" });
  // A wide table scrolls by itself; what scrolls must be reachable by keyboard.
  const scroller = element("div", { class: "fig-scroll", tabindex: 0, role: "region" }, table);
  const choice = channelChoice(channel, show);
  const figure = frame("numbers", [choice, scroller], "");
  show(channel);
  return figure;

  function show(chosen: Channel): void {
    const values = Array.from({ length: patchSize * patchSize }, (_, i) => cut.data[i * 4 + channels.indexOf(chosen)]!);
    const rows = Array.from({ length: patchSize }, (_, y) =>
      element("tr", {}, ...values.slice(y * patchSize, (y + 1) * patchSize).map((value) => cell(value, chosen))),
    );
    table.replaceChildren(element("tbody", {}, ...rows));
    scroller.setAttribute("aria-label", `The ${chosen} channel of patch ${patch}`);
    figure.querySelector("figcaption")!.textContent = describeNumbers(values, { patch, channel: chosen, patchSize });
  }
}

function channelChoice(first: Channel, choose: (channel: Channel) => void): HTMLElement {
  const name = `fig-channel-${++figures}`;
  const radios = channels.map((channel) => {
    const radio = element("input", { type: "radio", name, value: channel, checked: channel === first });
    radio.addEventListener("input", (event) => {
      event.stopPropagation(); // the figure has no value of its own
      choose(channel);
    });
    return element("label", {}, radio, channel);
  });
  return element("fieldset", { class: "fig-choice" }, element("legend", {}, "Channel"), ...radios);
}

/** Shades of the channel's own colour, paled a little; the digits are black or white, whichever contrasts more. */
function cell(value: number, channel: Channel): HTMLElement {
  const background = channels.map((name) => Math.round(name === channel ? value : value * 0.42));
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
