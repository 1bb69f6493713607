/** The colours of text keep WCAG's contrast on every paper of their theme. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const css = readFileSync("app/tokens.css", "utf8");
const tokens = new Map(
  [...css.matchAll(/--([a-z]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => [
    name!,
    { light: light!, dark: dark! },
  ]),
);
const papers = ["paper", "raised", "sunk"];
const texts = ["ink", "soft", "faint", "accent", "patch", "token", "query", "key", "value", "bad"];

/** WCAG 2.2, relative luminance and contrast ratio. */
function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5]
    .map((i) => parseInt(colour.slice(i, i + 2), 16) / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

test("control: black on white is 21, and a pale grey on white is too little", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  expect(contrast("#999999", "#ffffff")).toBeLessThan(4.5);
});

describe.each(["light", "dark"] as const)("%s", (theme) => {
  test.each(texts)("--%s can be read on every paper", (name) => {
    for (const paper of papers) {
      expect(contrast(tokens.get(name)![theme], tokens.get(paper)![theme]), `on --${paper}`).toBeGreaterThanOrEqual(
        4.5,
      );
    }
  });

  test("--edge can be seen, and --paper can be read on --accent", () => {
    const { edge, accent, paper } = Object.fromEntries([...tokens].map(([name, pair]) => [name, pair[theme]]));
    expect(contrast(edge!, paper!)).toBeGreaterThanOrEqual(3);
    expect(contrast(accent!, paper!)).toBeGreaterThanOrEqual(4.5);
  });
});
