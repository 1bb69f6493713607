import { afterAll, expect, test } from "vitest";
import * as kernels from "../../lib/kernels";
import { openExecutor, selfTestKernels, type Executor } from "../../lib/tensor";
import { nodeGpu } from "../gpu";

const { executor } = await openExecutor({ gpu: await nodeGpu() });
afterAll(() => executor.dispose());

async function results(on: Executor) {
  const all = [];
  for await (const result of selfTestKernels(on)) all.push(result);
  return all;
}

test("every kernel has a case", () => {
  const isKernel = (value: unknown) => typeof value === "object" && value !== null && "wgsl" in value;
  const all = Object.values(kernels).flatMap((value): unknown[] =>
    isKernel(value) ? [value] : Object.values(value as object),
  );
  const names = (list: Iterable<unknown>) => [...list].map((kernel) => (kernel as { name: string }).name).sort();
  const tested = new Set(kernels.selfTests().map(({ kernel }) => kernel));
  expect(names(tested)).toEqual(names(new Set(all.filter(isKernel))));
  expect(new Set(kernels.selfTests().map(({ name }) => name)).size).toBe(kernels.selfTests().length);
});

test("all pass here", async () => {
  const all = await results(executor);
  expect(all.filter(({ outcome }) => outcome !== "agrees" && outcome !== "left out")).toEqual([]);
  expect(all.length).toBe(kernels.selfTests().length);
  const measured = all.filter(({ error }) => error !== undefined);
  expect(measured.length).toBeGreaterThan(50);
  expect(executor.ledger().buffers).toBe(0);
});

test("a device that computes wrong fails all, and one that refuses says why", async () => {
  const wrong: Executor = {
    ...executor,
    read: async (storage) => (await executor.read(storage)).map((value) => value * 1.001 + 1e-3),
  };
  for (const result of await results(wrong)) {
    if (result.outcome !== "left out") expect(result).toMatchObject({ outcome: "differs" });
  }
  const refusing = { ...executor, read: () => Promise.reject(new Error("the device was lost")) };
  for (const result of await results(refusing)) {
    if (result.outcome !== "left out") {
      expect(result).toMatchObject({ outcome: "failed", message: "the device was lost" });
    }
  }
});
