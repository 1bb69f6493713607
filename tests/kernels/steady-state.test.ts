/** What a repeated computation costs the device beside arithmetic: once warm, nothing is made that could be used again. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { affine, allocate, openExecutor, scope, tensor, writeInto, type Executor, type Tensor } from "../../lib/tensor";
import { countingGpu, type CountingGpu } from "../counting-gpu";
import { nodeGpu } from "../gpu";
import { uniform } from "./compare";

let executor: Executor;
let counter: CountingGpu;

beforeAll(async () => {
  counter = countingGpu(await nodeGpu());
  ({ executor } = await openExecutor({ gpu: counter.gpu }));
  expect(executor.name).toBe("webgpu");
});
afterAll(() => executor.dispose());

/** Like one decoded token: embedding, some layers with a cache, attention over it, scores. */
function decoder(layers: number, { width = 20, capacity = 40, grows = false } = {}) {
  const random = (shape: number[], seed: number) =>
    tensor(
      uniform(
        shape.reduce((size, n) => size * n, 1),
        0.3,
        seed,
      ),
      shape,
      executor,
    );
  const table = random([30, width], 1);
  const head = random([30, width], 2);
  const weights = Array.from({ length: layers }, (_, i) => [3, 4].map((s) => random([width, width], s + 10 * i)));
  const caches = Array.from({ length: layers }, () => allocate([capacity, width], { executor }));

  return async (token: number, position: number): Promise<number> => {
    const logits: Tensor = scope(executor, () => {
      let x = table.gather([token]);
      weights.forEach(([query, output], i) => {
        const cache = caches[i]!;
        writeInto(cache, x, 0, position);
        const seen = cache.slice([0, grows ? position + 1 : capacity]);
        const probs = affine(x, query!).matmul(seen.transpose()).softmax();
        x = x.add(affine(probs.matmul(seen), output!)).tanh();
      });
      return affine(x, head);
    });
    const scores = await logits.data();
    logits.dispose();
    return scores.indexOf(Math.max(...scores));
  };
}

describe("a decoded token", () => {
  test("makes no buffers, no bind groups and no pipelines once warm, and is one submit", async () => {
    const step = decoder(3);
    let token = 7;
    for (let position = 0; position < 4; position++) token = await step(token, position);
    counter.take();
    for (let position = 4; position < 12; position++) {
      token = await step(token, position);
      const counts = counter.take();
      expect(counts, `token ${position}`).toMatchObject({ buffers: 0, bindGroups: 0, pipelines: 0 });
      expect(counts).toMatchObject({ submits: 1, passes: 1, maps: 1 });
      expect(counts.dispatches).toBe(1 + 3 * 10 + 1);
    }
  });

  test("a longer text that outgrows its buffers makes new ones now and then", async () => {
    const step = decoder(1, { width: 64, grows: true });
    await step(1, 0);
    counter.take();
    let made = 0;
    for (let position = 1; position < 40; position++) {
      await step(1, position);
      made += counter.take().buffers;
    }
    expect(made).toBeGreaterThan(0); // the control: this proxy sees them
    expect(made).toBeLessThan(39 * 1.5); // with a buffer for every size it would be two for every token
  });
});

describe("thousands of launches", () => {
  test("are one submit", async () => {
    const x = tensor([1], undefined, executor);
    counter.take();
    const y = scope(executor, () => {
      let sum = x;
      for (let i = 0; i < 3000; i++) sum = sum.neg();
      return sum;
    });
    expect(counter.take()).toMatchObject({ submits: 0, dispatches: 3000 });
    expect(await y.item()).toBe(1);
    expect(counter.take()).toMatchObject({ submits: 1, maps: 1 });
  });

  test("keep their own params", async () => {
    const values = uniform(1200);
    const x = tensor(values, undefined, executor);
    const picks = values.length;
    counter.take();
    const target = allocate([picks], { executor });
    scope(executor, () => {
      for (let i = 0; i < picks; i++) writeInto(target, x.slice([i, i + 1]), 0, i);
    });
    expect(await target.data()).toEqual(values);
    expect(counter.take()).toMatchObject({ submits: 1, dispatches: 2 * picks });
  });
});
