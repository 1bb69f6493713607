/** A model whose largest matrices do not fit one binding gives the same answer: here by a device that is made smaller. */
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { loadModel } from "../../lib/models";
import { openExecutor, type Executor } from "../../lib/tensor";
import { nodeGpu } from "../gpu";
import { executorNames, readGolden, relativeDistance } from "./golden";

const FIXTURES = pathToFileURL("tests/fixtures").href;

/** Bytes: less than the embedding and the head of llama-odd (131 rows of 144 bytes), more than its activations. */
const SMALL = 9000;

const golden = await readGolden("tests/fixtures/llama-odd/golden.safetensors");
const { shape, values } = golden.get("input_ids")!;
const inputIds = Array.from({ length: shape[0]! }, (_, b) => [...values.subarray(b * shape[1]!, (b + 1) * shape[1]!)]);

const executors: Executor[] = [];
afterAll(() => executors.forEach((executor) => executor.dispose()));

describe.each(executorNames)("on %s", (name) => {
  test.each(["f32", "f16"] as const)("llama in %s", async (dtype) => {
    const [whole, split] = await Promise.all(
      [undefined, dtype === "f32" ? SMALL : SMALL / 2].map(async (maxBindingBytes) => {
        const gpu = name === "webgpu" ? await nodeGpu() : undefined;
        const { executor } = await openExecutor({ prefer: name, gpu, maxBindingBytes });
        expect(executor.name).toBe(name);
        executors.push(executor);
        const model = await loadModel("llama-odd", { executor, baseUrl: FIXTURES, modelType: "llama", dtype });
        const { embedTokens } = model.weights.model;
        const { logits } = await model.forward({ inputIds: inputIds.map((row) => row.slice(0, 8)) });
        const parts = embedTokens.weight.storage.parts?.length ?? 1;
        return { parts, logits: await logits.data() };
      }),
    );
    expect([whole!.parts, split!.parts]).toEqual([1, 3]);
    expect(relativeDistance(split!.logits, whole!.logits)).toBeLessThan(1e-6);
    const [T, V] = golden.get("logits")!.shape.slice(-2) as [number, number];
    const wanted = golden.get("logits")!.values.filter((_, i) => Math.floor(i / V) % T < 8);
    expect(relativeDistance(split!.logits, wanted)).toBeLessThan(dtype === "f32" ? 1e-4 : 2e-2);
  });
});
