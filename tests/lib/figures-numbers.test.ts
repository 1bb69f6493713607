// @vitest-environment jsdom
/** A row of pixels and a table of weights: the text equivalents say what the numbers say. */
import { beforeAll, describe, expect, test } from "vitest";
import { profile, weights, type Picture } from "../../components/figures";

beforeAll(() => {
  HTMLCanvasElement.prototype.getContext = () => null; // jsdom has no canvas
});
const text = (figure: HTMLElement) => figure.querySelector("figcaption")!.textContent;

/** 4×2 pixels: the upper row is dark up to column 1, then bright; the lower one is even. */
const picture: Picture = { width: 4, height: 2, data: new Uint8ClampedArray(32).fill(90) };
for (let x = 0; x < 4; x++) picture.data.set(x < 2 ? [10, 20, 30, 255] : [200, 120, 31, 255], x * 4);

describe("profile", () => {
  test("says what each channel ranges over, and where the largest jump is", () => {
    expect(text(profile(picture, { row: 0 }))).toBe(
      "Row 0, 4 pixels from left to right: red from 10 to 200, green from 20 to 120 and blue from 30 to 31. " +
        "The largest jump between neighbours is 190, from column 1 to 2.",
    );
    expect(text(profile(picture, { row: 1 }))).toContain("All its pixels are alike.");
  });

  test("draws a line a channel, higher where the number is larger", () => {
    const lines = profile(picture, { row: 0 }).querySelectorAll(".fig-series");
    const heights = [...lines[0]!.getAttribute("d")!.matchAll(/ ([\d.]+)/g)].map(([, y]) => Number(y));
    expect(lines).toHaveLength(3);
    expect(heights[3]!).toBeLessThan(heights[0]!); // y grows downwards
  });

  test("refuses a row that is not there", () => {
    expect(() => profile(picture, { row: 2 })).toThrow("expected row to be from 0 to 1, got 2");
  });
});

describe("weights", () => {
  const rows = [
    [0.75, 0.25],
    [0.1, 0.9],
  ];
  test("names the largest of each row, and what the rows sum to", () => {
    const figure = weights(rows, { columns: ["red", "blue"] });
    expect(text(figure)).toBe(
      "2 rows of 2 weights; row 0: most on red (0.75) and row 1: most on blue (0.90). Each row sums to 1.00.",
    );
    expect([...figure.querySelectorAll("td.fig-sum")].map((cell) => cell.textContent)).toEqual(["1.00", "1.00"]);
    expect(text(weights([[1, 1], rows[0]!]))).toContain("The rows have different sums.");
  });

  test("of pairs, says which is the largest and which the smallest, and sums nothing", () => {
    const pairs = [
      [1, 0.2, 0.6],
      [0.2, 1, 0.4],
      [0.6, 0.4, 1],
    ];
    const figure = weights(pairs, { rows: ["a", "b", "c"], columns: ["a", "b", "c"], sums: false });
    expect(text(figure)).toBe("Most: a and c (0.60). Least: a and b (0.20).");
    expect(figure.querySelector(".fig-sum")).toBeNull();
  });

  test("of ordered pairs, says which is the row: both halves of the table count", () => {
    const pairs = [
      [0, 1],
      [-3, 0],
    ];
    expect(text(weights(pairs, { sums: false }))).toBe("Most: row 0, column 1 (1.00). Least: row 1, column 0 (−3.00).");
  });

  test("refuses more than a phone can show", () => {
    expect(() => weights([new Array<number>(17).fill(0)])).toThrow("at most 16 rows and columns, got 1 and 17");
  });
});
