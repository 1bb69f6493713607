import { describe, expect, test } from "vitest";
import { concat, keep, ones, openExecutor, scope, tensor, type Tensor } from "../../lib/tensor";

const open = async () => (await openExecutor({ prefer: "reference" })).executor;

describe("scope", () => {
  test("frees what it made, except what it returns", async () => {
    const executor = await open();
    const x = ones([10], executor);
    const y = scope(executor, () => x.add(1).mul(2).sub(x));
    expect(executor.ledger()).toMatchObject({ buffers: 2, bytes: 80 });
    expect(await y.data()).toEqual(new Float32Array(10).fill(3));
    expect(x.disposed).toBe(false);
  });

  test("finds tensors in arrays and objects", async () => {
    const executor = await open();
    const result = scope(executor, () => ({ list: [ones([1], executor)], inner: { t: ones([2], executor).exp() } }));
    expect(executor.ledger().buffers).toBe(2);
    expect(await result.inner.t.sum().item()).toBeCloseTo(2 * Math.E);
  });

  test("an inner scope's result belongs to the outer one", async () => {
    const executor = await open();
    scope(executor, () => {
      const inner = scope(executor, () => ones([1], executor).add(1));
      expect(inner.disposed).toBe(false);
    });
    expect(executor.ledger().buffers).toBe(0);
  });

  test("a view keeps its numbers alive", async () => {
    const executor = await open();
    const y = scope(executor, () => ones([4], executor).add(1).reshape([2, 2]));
    expect(executor.ledger().buffers).toBe(1);
    expect(await y.array()).toEqual([[2, 2], [2, 2]]); // prettier-ignore
    y.dispose();
    expect(executor.ledger().buffers).toBe(0);
  });

  test("keep() outlives every scope", async () => {
    const executor = await open();
    let seen: Tensor | undefined;
    scope(executor, () => scope(executor, () => void (seen = keep(ones([3], executor)))));
    expect(await seen!.array()).toEqual([1, 1, 1]);
  });

  test("an error frees too", async () => {
    const executor = await open();
    expect(() =>
      scope(executor, () => {
        ones([3], executor);
        throw new Error("oops");
      }),
    ).toThrow("oops");
    expect(executor.ledger().buffers).toBe(0);
    ones([1], executor); // belongs to no scope
    expect(executor.ledger().buffers).toBe(1);
  });

  test("an async body is refused", async () => {
    const executor = await open();
    expect(() => scope(executor, () => Promise.resolve(1))).toThrow("scope: expected a body without await");
  });

  test("another executor's tensors are left alone", async () => {
    const [here, there] = [await open(), await open()];
    let stranger: Tensor | undefined;
    scope(here, () => void (stranger = ones([1], there)));
    expect(stranger!.disposed).toBe(false);
  });
});

describe("dispose", () => {
  test("a freed tensor refuses work in a sentence", async () => {
    const executor = await open();
    const x = tensor([[1, 2]], undefined, executor);
    x.dispose();
    x.dispose(); // harmless
    const message = "tensor: expected a live tensor, got one of shape [1, 2] that was already freed";
    await expect(x.data()).rejects.toThrow(message);
    expect(() => x.add(1)).toThrow(message);
    expect(() => concat([x, x])).toThrow(message);
    expect(executor.ledger()).toMatchObject({ buffers: 0, bytes: 0 });
  });

  test("a result that is not read yet survives its inputs", async () => {
    const executor = await open();
    const x = tensor([1, 2], undefined, executor);
    const y = x.add(1);
    x.dispose();
    expect(await y.array()).toEqual([2, 3]);
  });

  test("what nobody holds is collected", async () => {
    const collect = (globalThis as { gc?: () => void }).gc ?? (await exposedGc());
    const executor = await open();
    const make = () => void ones([1000], executor).add(1);
    make();
    expect(executor.ledger().buffers).toBeGreaterThan(0);
    for (let i = 0; i < 50 && executor.ledger().buffers > 0; i++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(executor.ledger()).toMatchObject({ buffers: 0, bytes: 0 });
  });
});

/** Node's garbage collector, which a process may be given at run time. */
async function exposedGc(): Promise<() => void> {
  const { setFlagsFromString } = await import("node:v8");
  const { runInNewContext } = await import("node:vm");
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
