/** Weights in several files, and index files that are not what they seem. */
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { openExecutor, type Executor, type Tensor } from "../../lib/tensor";
import { loadWeights, openFiles, type Shapes } from "../../lib/weights";
import { safetensorsFile, valuesOf } from "./safetensors-file";

type Weights = { a: { weight: Tensor }; b: { weight: Tensor }; c: { weight: Tensor } };
const shapes: Shapes<Weights> = { a: { weight: [3, 2] }, b: { weight: [5] }, c: { weight: [4, 1] } };
const ONE = "model-00001-of-00002.safetensors";
const TWO = "model-00002-of-00002.safetensors";
const files: Record<string, Uint8Array> = {
  [ONE]: safetensorsFile({ "a.weight": [3, 2], "b.weight": [5] }),
  [TWO]: safetensorsFile({ "c.weight": [4, 1] }, { first: 2 }),
};
const weightMap: Record<string, unknown> = { "a.weight": ONE, "b.weight": ONE, "c.weight": TWO };

let executor: Executor;
beforeAll(async () => {
  ({ executor } = await openExecutor({ prefer: "reference" }));
});
afterEach(() => vi.restoreAllMocks());

function pick(index: unknown, shards = files): File[] {
  const json = typeof index === "string" ? index : JSON.stringify(index);
  return [
    new File([json], "model.safetensors.index.json"),
    ...Object.entries(shards).map(([name, bytes]) => new File([bytes as Uint8Array<ArrayBuffer>], name)),
  ];
}
const load = <W = Weights>(picked: File[], wanted: Shapes<W> = shapes as unknown as Shapes<W>, only?: string[]) =>
  loadWeights<W>({ modelType: "llama", files: openFiles(picked), executor, dtype: "f32" }, wanted, { only });

test("every weight comes from its shard", async () => {
  const { tree, bytes, dispose } = await load(pick({ metadata: { total_size: 60 }, weight_map: weightMap }));
  expect(await tree.a.weight.data()).toEqual(valuesOf(0, [3, 2]));
  expect(await tree.b.weight.data()).toEqual(valuesOf(1, [5]));
  expect(await tree.c.weight.data()).toEqual(valuesOf(2, [4, 1]));
  expect(bytes).toBe(files[ONE]!.length + files[TWO]!.length);
  dispose();
});

test("a shard without a wanted weight is not opened", async () => {
  const opened = vi.spyOn(File.prototype, "slice");
  const only = pick({ weight_map: weightMap }, { [TWO]: files[TWO]! });
  const { tree, dispose } = await load<Pick<Weights, "c">>(only, { c: shapes.c }, ["c"]);
  expect(await tree.c.weight.data()).toEqual(valuesOf(2, [4, 1]));
  expect(opened).toHaveBeenCalled();
  dispose();
});

test("a weight of a shard that is not opened still counts as surplus", async () => {
  await expect(load<Pick<Weights, "c">>(pick({ weight_map: weightMap }), { c: shapes.c })).rejects.toThrow(
    "llama: 2 weights surplus (a.weight, b.weight)",
  );
});

describe("an index that lies", () => {
  const many = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`w${i}`, `model-${i}.safetensors`]));
  test.each<[string, unknown, RegExp]>([
    ["no JSON", "<html>", /index\.json: expected JSON, got "<html>"/],
    ["a list", [], /weight_map: expected an object, got undefined/],
    ["null", "null", /weight_map: expected an object, got undefined/],
    ["a map that is a list", { weight_map: ["a"] }, /weight_map: expected an object, got \["a"\]/],
    ["a map of nothing", { weight_map: {} }, /^llama: 3 weights missing \(a\.weight, b\.weight, c\.weight\)$/],
    [
      "a way out of the folder",
      { weight_map: { ...weightMap, "c.weight": "../../secret.safetensors" } },
      /weight_map of "c\.weight": expected the name of a \.safetensors file in the same folder, got "\.\.\/\.\.\/secret/,
    ],
    ["an address", { weight_map: { "a.weight": "https://example.org/a.safetensors" } }, /weight_map of "a\.weight"/],
    ["a shard of another type", { weight_map: { "a.weight": "pytorch_model.bin" } }, /got "pytorch_model\.bin"/],
    ["a shard that is a number", { weight_map: { "a.weight": 1 } }, /expected the name .* got 1$/],
    ["a shard's name of a megabyte", { weight_map: { "a.weight": `${"m".repeat(1e6)}.safetensors` } }, /^.{0,300}$/s],
    [
      "a shard that is not there",
      { weight_map: { ...weightMap, "c.weight": "model-00003-of-00002.safetensors" } },
      /^files\/model-00003-of-00002\.safetensors: expected it among the files that were picked, got .*; pick all files/,
    ],
    [
      "another shard",
      { weight_map: { ...weightMap, "c.weight": ONE } },
      /expected "c\.weight" in model-00001-of-00002/,
    ],
    [
      "a weight that is in no shard",
      { weight_map: { ...weightMap, "d.weight": TWO } },
      /expected "d\.weight" in model-00002-of-00002\.safetensors, which does not have it$/,
    ],
    [
      "a weight that it does not name",
      { weight_map: { "a.weight": ONE, "c.weight": TWO } },
      /to name every weight of model-00001-of-00002\.safetensors, got none called "b\.weight"$/,
    ],
    ["a weight twice", `{"weight_map": {"a.weight": "${ONE}", "a.weight": "${TWO}"}}`, /got "a\.weight" twice$/],
    ["hundreds of shards", { weight_map: many }, /expected at most 512 shards, got 600$/],
    ["a nest", `{"weight_map": ${"[".repeat(1e5)}`, /expected JSON at most 16 deep, got 100001$/],
  ])("%s", async (_, index, sentence) => {
    const before = executor.ledger();
    const started = performance.now();
    const error = (await load(pick(index)).catch((reason: unknown) => reason)) as Error;
    expect(error.message).toMatch(/^(files\/model.*: |llama: )/);
    expect(error.message).toMatch(sentence);
    expect(performance.now() - started).toBeLessThan(3000);
    expect(executor.ledger()).toEqual(before);
  });
});

test("no weights at all: both names are said", async () => {
  await expect(load([new File(["{}"], "config.json")])).rejects.toThrow(
    "files/model.safetensors: expected it among the files that were picked, got config.json; pick all files of the " +
      "model's folder; and there is no model.safetensors.index.json either: only weights in safetensors files can be read",
  );
});
