import { describe, test } from "vitest";
import { rotate } from "../../lib/kernels";
import type { RotateShape } from "../../lib/kernels/rotate.reference";
import { expectOutside, expectWithin, folded, gamma, launch, loops, uniform } from "./compare";

const shapes: [name: string, shape: RotateShape][] = [
  ["one pair", { batch: 1, heads: 1, tokens: 1, size: 2, tables: 1 }],
  ["one token, exactly a workgroup", { batch: 1, heads: 1, tokens: 1, size: 64, tables: 1 }],
  ["one table for all", { batch: 2, heads: 3, tokens: 5, size: 10, tables: 1 }],
  ["a table for each", { batch: 3, heads: 2, tokens: 4, size: 6, tables: 3 }],
  ["a head size of 128", { batch: 1, heads: 2, tokens: 3, size: 128, tables: 1 }],
];

function inputsFor({ batch, heads, tokens, size, tables }: RotateShape): Float32Array[] {
  const half = size / 2;
  const angles = uniform(tables * tokens * half, 3, 2);
  const table = Float32Array.from({ length: tables * tokens * size }, (_, i) => {
    const angle = angles[Math.floor(i / size) * half + (i % half)]!;
    return i % size < half ? Math.cos(angle) : Math.sin(angle);
  });
  return [uniform(batch * heads * tokens * size, 2), table];
}

/** Two products and their sum, of numbers up to 2 and up to 1. */
const bound = () => gamma(2) * 4;

describe("rotate", () => {
  test.each(shapes)("%s: %j", async (_, shape) => {
    const inputs = inputsFor(shape);
    const expected = loops(rotate, inputs, shape)[0]!;
    for (const kernel of [rotate, folded(rotate)]) {
      const [y] = await launch(kernel, inputs, shape);
      expectWithin(y!, expected, bound);
    }
  });

  test("control: another entry's table, another result", async () => {
    const shape = { batch: 2, heads: 2, tokens: 4, size: 6, tables: 2 };
    const inputs = inputsFor(shape);
    const [y] = await launch(rotate, inputs, { ...shape, tables: 1 });
    expectOutside(y!, loops(rotate, inputs, shape)[0]!, bound);
  });
});
