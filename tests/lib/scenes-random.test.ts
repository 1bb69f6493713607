/** Seeded numbers: the same for ever, and without a pattern that a model could learn. */
import { describe, expect, test } from "vitest";
import { hash32, random } from "../../lib/scenes";

const many = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i));

describe("random", () => {
  test("gives the same numbers as on the day that the models were trained", () => {
    const r = random(1, 2);
    expect(many(4, () => r.next() * 2 ** 32)).toEqual([259570588, 1336516495, 2056737244, 4142515768]);
    expect([hash32(1), hash32(2)]).toEqual([1364076727, 821347078]);
  });

  test("fills 256 bins evenly (chi-square, beyond six standard deviations would be chance once in 10^8)", () => {
    const r = random(7);
    const bins = new Float64Array(256);
    for (let i = 0; i < 256 * 400; i++) bins[r.int(256)]!++;
    const chiSquare = bins.reduce((sum, count) => sum + (count - 400) ** 2 / 400, 0);
    expect(Math.abs(chiSquare - 255)).toBeLessThan(6 * Math.sqrt(2 * 255));
  });

  test("neighbouring seeds, and streams of one seed, have unrelated numbers", () => {
    const correlation = (a: number[], b: number[]) => {
      const centred = (list: number[]) => list.map((value) => value - 0.5);
      const [x, y] = [centred(a), centred(b)];
      return x.reduce((sum, value, i) => sum + value * y[i]!, 0) / a.length / (1 / 12);
    };
    const firsts = many(4000, (seed) => random(seed).next());
    const [bound, rows] = [6 / Math.sqrt(4000), many(4000, (seed) => random(seed, 1).next())];
    expect(Math.abs(correlation(firsts.slice(0, -1), firsts.slice(1)))).toBeLessThan(bound);
    expect(Math.abs(correlation(firsts, rows))).toBeLessThan(bound);
    expect(correlation(firsts, firsts)).toBeGreaterThan(0.9); // the measure sees what is related
  });

  test("a large seed is not its lower 32 bits", () => {
    expect(random(2 ** 40).next()).not.toBe(random(0).next());
  });

  test("says what a seed is", () => {
    for (const seed of [-1, 0.5, NaN, 2 ** 53]) {
      expect(() => random(seed)).toThrow("random: expected a seed that is an integer from 0 to 2^53 - 1, got");
    }
    expect(() => random(1).pick([])).toThrow("got an empty one");
  });
});

test("hash32 flips about half of its bits for one bit of its input", () => {
  let flipped = 0;
  for (let value = 1; value <= 500; value++) {
    for (let bit = 0; bit < 32; bit++) {
      let difference = hash32(value) ^ hash32(value ^ (1 << bit));
      for (; difference; difference &= difference - 1) flipped++;
    }
  }
  expect(flipped / (500 * 32 * 32)).toBeCloseTo(0.5, 2);
});
