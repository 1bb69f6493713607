// @vitest-environment jsdom
/** Misses against false refusals: the words say what the scores give, and the marks stand where they say. */
import { expect, test } from "vitest";
import { tradeOff } from "../../components/figures";

const scored = [
  { score: 0.9, unsafe: true },
  { score: 0.6, unsafe: true },
  { score: 0.3, unsafe: true },
  { score: 0.1, unsafe: true },
  { score: 0.7, unsafe: false },
  { score: 0.2, unsafe: false },
];
const said = (threshold?: number) =>
  tradeOff(scored, { threshold }).querySelector("figcaption")!.textContent.replaceAll("\u00a0", " ");

test("a threshold in words: unsafe ones at or below it are missed, safe ones above it are refused", () => {
  expect(said()).toBe(
    "Above 0.5, a message is refused. Of 4 unsafe ones 50 % are missed; of 2 safe ones 50 % are refused.",
  );
  expect(said(0.6)).toContain("75 % are missed");
  expect(said(0)).toContain("Of 4 unsafe ones 0 % are missed; of 2 safe ones 100 % are refused.");
  expect(said(1)).toContain("100 % are missed; of 2 safe ones 0 % are refused.");
});

test("the curve goes from all missed to none, and the threshold is marked on it", () => {
  const figure = tradeOff(scored, { threshold: 0.5 });
  const places = figure
    .querySelector(".fig-series")!
    .getAttribute("d")!
    .split(/[ML]/)
    .filter(Boolean)
    .map((pair) => pair.split(" ").map(Number));
  const [first, last] = [places[0]!, places.at(-1)!];
  expect(first[0]).toBeLessThan(last[0]!); // fewer safe ones refused at the left,
  expect(first[1]).toBeLessThan(last[1]!); // where the line is high: more are missed (y grows downwards)
  const [upright, level] = [...figure.querySelectorAll(".fig-at")];
  const on = places.some(
    ([x, y]) =>
      Math.abs(x! - Number(upright!.getAttribute("x1"))) < 0.06 &&
      Math.abs(y! - Number(level!.getAttribute("y1"))) < 0.06,
  );
  expect(on).toBe(true);
});

test("scores of one kind alone are refused", () => {
  expect(() => tradeOff(scored.filter(({ unsafe }) => unsafe))).toThrow("expected scores of both kinds");
});
