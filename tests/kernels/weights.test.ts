/** Weights as they are kept: streamed in, as halves, in parts; and tensors that change. On both executors. */
import { afterAll, describe, expect, test } from "vitest";
import { halfBits, halfValues, roundToHalf } from "../../lib/kernels";
import { affine, allocate, openExecutor, tensor, write, type Executor, type Tensor } from "../../lib/tensor";
import { nodeGpu } from "../gpu";
import { expectOutside, expectWithin, gamma, uniform } from "./compare";

type Name = "webgpu" | "reference";
const opened = new Map<string, Promise<Executor>>();

/** `maxBindingBytes` makes it a smaller device. */
function open(name: Name, maxBindingBytes?: number): Promise<Executor> {
  const key = `${name} ${maxBindingBytes}`;
  if (!opened.has(key)) opened.set(key, openFresh(name, maxBindingBytes));
  return opened.get(key)!;
}

async function openFresh(name: Name, maxBindingBytes?: number): Promise<Executor> {
  const gpu = name === "webgpu" ? await nodeGpu() : undefined;
  const { executor, note } = await openExecutor({ prefer: name, gpu, maxBindingBytes });
  if (executor.name !== name) throw new Error(`expected the ${name} executor, got ${executor.name}: ${note}`);
  return executor;
}

afterAll(async () => {
  for (const executor of await Promise.all(opened.values())) executor.dispose();
});

const stored = {
  F32: (values: Float32Array) => new Uint8Array(values.slice().buffer),
  F16: (values: Float32Array) => new Uint8Array(Uint16Array.from(values, halfBits).buffer),
  BF16: (values: Float32Array) => new Uint8Array(Uint16Array.from(bitsOf(values), (bits) => bits >>> 16).buffer),
};

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.slice().buffer);
}

/** The numbers that a file holds when these are stored in it. */
function kept(values: Float32Array, from: keyof typeof stored): Float32Array {
  if (from === "F32") return values;
  if (from === "F16") return values.map(roundToHalf);
  return new Float32Array(bitsOf(values).map((bits) => bits & 0xffff0000).buffer);
}

/** A tensor whose numbers came in chunks of any length, each at an odd address. */
async function streamed(
  shape: number[],
  values: Float32Array,
  dtype: "f32" | "f16",
  executor: Executor,
  from: keyof typeof stored = "F32",
  chunk = 77,
): Promise<Tensor> {
  const t = allocate(shape, { dtype, executor });
  const size = from === "F32" ? 4 : 2;
  const bytes = stored[from](values);
  for (let at = 0; at < values.length; at += chunk) {
    const piece = bytes.subarray(at * size, (at + chunk) * size);
    const moved = new Uint8Array(piece.length + 3).subarray(3);
    moved.set(piece);
    await write(t, at, moved, from);
    moved.fill(255); // ours again: what was written must not change with it
  }
  return t;
}

describe.each<Name>(["reference", "webgpu"])("%s", (name) => {
  describe("write", () => {
    test.each([
      ["F32", "f32"],
      ["F16", "f32"],
      ["BF16", "f32"],
      ["F32", "f16"],
      ["F16", "f16"],
      ["BF16", "f16"],
    ] as const)("%s as %s, in chunks at any place", async (from, dtype) => {
      const executor = await open(name);
      const values = uniform(1001, 3);
      const expected = kept(values, from);
      if (dtype === "f16") expected.forEach((value, i) => (expected[i] = roundToHalf(value)));
      for (const chunk of [1001, 256, 77, 1]) {
        const count = chunk === 1 ? 9 : 1001;
        const t = await streamed([count], values.subarray(0, count), dtype, executor, from, chunk);
        expect(t.dtype).toBe(dtype);
        expect(await t.data()).toEqual(expected.subarray(0, count));
        t.dispose();
      }
    });

    test("chunks that come in any order keep their neighbours", async () => {
      const executor = await open(name);
      for (const from of ["F32", "F16", "BF16"] as const) {
        const t = allocate([7], { dtype: "f16", executor });
        const bytes = stored[from](Float32Array.of(1, 2, 3, 4, 5, 6, 7));
        const size = bytes.length / 7;
        for (const [start, end] of [
          [3, 6],
          [0, 1],
          [6, 7],
          [1, 3],
        ] as const)
          // prettier-ignore
          await write(t, start, bytes.subarray(start * size, end * size), from);
        expect(await t.array()).toEqual([1, 2, 3, 4, 5, 6, 7]);
        await write(t, 2, stored[from](Float32Array.of(9)), from); // the first of a pair, and alone
        expect(await t.array()).toEqual([1, 2, 9, 4, 5, 6, 7]);
      }
    });

    test("the edges of f16: subnormals, ties, the largest, beyond it", async () => {
      const executor = await open(name);
      const edges = [0, -0, 2 ** -24, 2 ** -25, 2 ** -25 * 1.001, 3 * 2 ** -25, 2 ** -14, 2 ** -14 - 2 ** -25];
      edges.push(1 + 2 ** -11, 1 + 3 * 2 ** -11, 65_504, 65_519, 65_520, -1e30, 0.1, -1 / 3);
      const values = Float32Array.from(edges);
      const expected = Float32Array.from(edges, roundToHalf);
      expect([...expected.slice(2, 7)]).toEqual([2 ** -24, 0, 2 ** -24, 2 ** -23, 2 ** -14]);
      expect([...expected.slice(8, 14)]).toEqual([1, 1 + 2 ** -9, 65_504, 65_504, 65_504, -65_504]);
      const t = await streamed([edges.length], values, "f16", executor);
      expect(await t.data()).toEqual(expected);
      expect(await t.reshape([edges.length, 1]).slice(null, 0).data()).toEqual(expected); // widened on the device
    });

    test("all 65,536 halves go in and come out", async () => {
      const executor = await open(name);
      const halves = Uint16Array.from({ length: 65_536 }, (_, i) => i).filter((half) => ((half >> 10) & 31) < 31);
      const expected = Float32Array.from(halves, (half) => halfValues()[half]!);
      for (const dtype of ["f16", "f32"] as const) {
        const t = allocate([halves.length], { dtype, executor });
        await write(t, 0, new Uint8Array(halves.buffer), "F16");
        expect(await t.data()).toEqual(expected);
        t.dispose();
      }
    });

    test("refuses what does not fit, and what is freed", async () => {
      const executor = await open(name);
      const t = allocate([4], { executor });
      await expect(write(t, 2, new Uint8Array(12), "F32")).rejects.toThrow(
        "write: expected a part of 4 numbers, got 3 of them from number 2 on",
      );
      await expect(write(t, 0, new Uint8Array(6), "F32")).rejects.toThrow("write: expected whole numbers of 4 bytes");
      const writing = write(t, 0, new Uint8Array(16), "F32");
      t.dispose();
      await writing.catch((error: Error) => expect(error.message).toContain("already freed"));
      await expect(write(t, 0, new Uint8Array(16), "F32")).rejects.toThrow("already freed");
    });
  });

  describe("halves", () => {
    const [m, k, n] = [5, 37, 51];
    const values = uniform(n * k, 2, 3);
    const input = uniform(m * k, 3, 4);

    /** What halves give, in double precision. */
    function product(round: (value: number) => number, bias?: Float32Array) {
      const expected = new Float64Array(m * n);
      const magnitude = new Float64Array(m * n);
      for (let i = 0; i < m * n; i++) {
        const [row, col] = [Math.floor(i / n), i % n];
        expected[i] = bias?.[col] ?? 0;
        for (let l = 0; l < k; l++) {
          const term = round(input[row * k + l]!) * roundToHalf(values[col * k + l]!);
          expected[i]! += term;
          magnitude[i]! += Math.abs(term);
        }
        magnitude[i]! += Math.abs(bias?.[col] ?? 0);
      }
      return { expected, bound: (i: number) => gamma(k + 2) * magnitude[i]! };
    }

    test.each([false, true])("linear rounds its input to halves and sums in f32 (bias: %s)", async (biased) => {
      const executor = await open(name);
      const w = await streamed([n, k], values, "f16", executor, "F32");
      const bias = biased ? uniform(n, 1, 5) : undefined;
      const x = tensor(input, [m, k], executor);
      const y = await affine(x, w, bias && tensor(bias, [n], executor)).data();
      const { expected, bound } = product(roundToHalf, bias);
      expectWithin(y, expected, bound);
      expectOutside(y, product((value) => value, bias).expected, bound); // control: an input that stays f32
    });

    test("an input beyond the largest half is the largest half", async () => {
      const executor = await open(name);
      const w = await streamed([1, 2], Float32Array.of(1, 2 ** -10), "f16", executor);
      const y = affine(tensor([[1e6, 0], [-7e4, 0], [0, 1e30]], [3, 2], executor), w); // prettier-ignore
      expect(await y.array()).toEqual([[65_504], [-65_504], [65_504 / 1024]]);
    });

    test("gather, and every other operation, read the same numbers", async () => {
      const executor = await open(name);
      const table = await streamed([n, k], values, "f16", executor, "BF16");
      const rounded = kept(values, "BF16").map(roundToHalf);
      const rows = [0, n - 1, 7, 7];
      const picked = rows.flatMap((row) => [...rounded.subarray(row * k, (row + 1) * k)]);
      expect([...(await table.gather(rows).data())]).toEqual(picked);
      expect(await table.add(0).data()).toEqual(rounded);
      expect((await table.transpose().array()) as number[][]).toHaveLength(k);
      expect(await table.slice([n - 1]).data()).toEqual(rounded.subarray((n - 1) * k));
    });

    test("cost half the memory", async () => {
      const executor = await open(name);
      const before = executor.ledger().bytes;
      const t = allocate([1024, 64], { dtype: "f16", executor });
      expect(executor.ledger().bytes - before).toBe(1024 * 64 * 2);
      const sum = t.sum();
      const row = t.gather([3]);
      const y = affine(row, t);
      await Promise.all([sum.item(), y.data()]);
      expect(executor.ledger().bytes - before).toBeLessThan(1024 * 64 * 3); // what was widened on the way is freed
      for (const made of [t, sum, row, y]) made.dispose();
      expect(executor.ledger().bytes).toBe(before);
    });
  });

  describe("parts", () => {
    const [m, k, n] = [3, 35, 40];
    const values = uniform(n * k, 1, 6);
    const input = uniform(m * k, 1, 7);

    test.each(["f32", "f16"] as const)("a matrix of %s larger than one binding", async (dtype) => {
      const whole = await open(name);
      const small = await open(name, 1024); // 7 rows of f32, or 14 of f16
      const results = await Promise.all(
        [whole, small].map(async (executor) => {
          const w = await streamed([n, k], values, dtype, executor, "F32", 99);
          const parts = w.storage.parts?.length ?? 1;
          const x = tensor(input, [m, k], executor);
          const bias = tensor(uniform(n, 1, 8), [n], executor);
          const numbers = [w, affine(x, w), affine(x, w, bias), w.gather([39, 0, 13, 14, 14, 7])];
          const read = await Promise.all(numbers.map((t) => t.data()));
          w.dispose();
          return { parts, read };
        }),
      );
      expect(results.map(({ parts }) => parts)).toEqual([1, dtype === "f32" ? 6 : 3]);
      expect(results[1]!.read).toEqual(results[0]!.read); // to the last bit
    });

    test("a patch embedding's weight, seen as a matrix", async () => {
      const executor = await open(name, 1024);
      const w = await streamed([n, 1, 5, 7], values, "f16", executor);
      const x = tensor(input, [m, k], executor);
      const matrix = await streamed([n, k], values, "f16", executor);
      expect(await affine(x, w.reshape([n, k])).data()).toEqual(await affine(x, matrix).data());
    });

    test("what cannot be done is said with both numbers", async () => {
      const executor = await open(name, 1024);
      const w = allocate([n, k], { executor });
      expect(() => w.add(1)).toThrow(
        "add: expected a tensor of at most 1024 bytes, the largest binding of this device, got 5600; " +
          "only linear and gather take larger ones",
      );
      expect(() => affine(tensor(uniform(3 * 56), [3, 56], executor), w.reshape([25, 56]))).toThrow(
        "linear: expected a matrix in the rows in which it was allocated",
      );
      expect(() => allocate([2, 300], { executor })).toThrow(
        "allocate: expected rows of at most 1024 bytes, the largest binding of this device, got 1200 in each",
      );
    });
  });
});
