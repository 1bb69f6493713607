/** From a file to a typed tree: paths, shapes, and one error for everything that does not fit. */
import { beforeAll, describe, expect, test } from "vitest";
import { openExecutor, type Executor, type Tensor } from "../../lib/tensor";
import { camelCase, loadWeights, openFiles, WeightsError, type Shapes, type WeightOptions } from "../../lib/weights";

type Weights = {
  encoder: { layers: { selfAttn: { qProj: { weight: Tensor; bias?: Tensor } } }[] };
  layernorm: { weight: Tensor };
};

const shapes: Shapes<Weights> = {
  encoder: {
    layers: [
      { selfAttn: { qProj: { weight: [2, 3], bias: [2] } } },
      { selfAttn: { qProj: { weight: [2, 3], bias: [2] } } },
    ],
  },
  layernorm: { weight: [2] },
};

const good: Record<string, number[]> = {
  "encoder.layers.0.self_attn.q_proj.weight": [2, 3],
  "encoder.layers.0.self_attn.q_proj.bias": [2],
  "encoder.layers.1.self_attn.q_proj.weight": [2, 3],
  "encoder.layers.1.self_attn.q_proj.bias": [2],
  "layernorm.weight": [2],
};

/** Weights of these shapes, counting up from 0 through the file. */
function fileOf(weights: Record<string, number[]>, dtypes: Record<string, string> = {}): Uint8Array {
  const header: Record<string, unknown> = {};
  const values: number[] = [];
  for (const [name, shape] of Object.entries(weights)) {
    const from = values.length;
    const size = shape.reduce((a, b) => a * b, 1);
    for (let i = 0; i < size; i++) values.push(from + i);
    header[name] = { dtype: dtypes[name] ?? "F32", shape, data_offsets: [from * 4, values.length * 4] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + values.length * 4);
  file[0] = text.length & 255;
  file[1] = text.length >> 8;
  file.set(text, 8);
  file.set(new Uint8Array(Float32Array.from(values).buffer), 8 + text.length);
  return file;
}

let executor: Executor;
beforeAll(async () => {
  ({ executor } = await openExecutor({ prefer: "reference" }));
});
const load = (file: Uint8Array, options: WeightOptions = {}, signal?: AbortSignal) => {
  const files = openFiles([new File([file as Uint8Array<ArrayBuffer>], "model.safetensors")]);
  return loadWeights<Weights>({ modelType: "siglip", files, executor, dtype: "f32", signal }, shapes, options);
};

describe("a checkpoint that fits", () => {
  test("each weight is at its path", async () => {
    const { tree, parameterCount, dispose } = await load(fileOf(good));
    expect(parameterCount).toBe(18);
    expect(tree.encoder.layers).toHaveLength(2);
    const { weight, bias } = tree.encoder.layers[1]!.selfAttn.qProj;
    expect(await weight.array()).toEqual([
      [8, 9, 10],
      [11, 12, 13],
    ]);
    expect(await bias!.array()).toEqual([14, 15]);
    expect(await tree.layernorm.weight.array()).toEqual([16, 17]);
    dispose();
    expect(tree.layernorm.weight.disposed).toBe(true);
  });

  test("no memory is left behind by dispose, by an error in the middle, or by an abort", async () => {
    const before = executor.ledger();
    (await load(fileOf(good))).dispose();
    await expect(load(fileOf(good, { "layernorm.weight": "I32" }))).rejects.toThrow();
    await expect(load(fileOf(good), {}, AbortSignal.abort(new Error("left")))).rejects.toThrow("left");
    let looks = 0;
    const stop = new AbortController();
    const signal = Object.assign(stop.signal, {
      throwIfAborted() {
        looks += 1;
        if (looks > 3) throw new Error(`left at weight ${looks}`);
      },
    });
    await expect(load(fileOf(good), {}, signal)).rejects.toThrow("left at weight 4");
    expect(executor.ledger()).toEqual(before);
  });
});

describe("a checkpoint that does not fit", () => {
  const without = (...names: string[]) => Object.fromEntries(Object.entries(good).filter(([n]) => !names.includes(n)));

  test("one error tells all: missing, surplus, misshapen, of another type", async () => {
    const weights: Record<string, number[]> = {
      ...without("encoder.layers.0.self_attn.q_proj.bias", "encoder.layers.1.self_attn.q_proj.bias"),
      "encoder.layers.0.self_attn.q_proj.weight": [3, 2],
      "encoder.layers.2.self_attn.q_proj.weight": [2, 3],
    };
    const error = await load(fileOf(weights, { "layernorm.weight": "I32" })).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WeightsError);
    expect((error as WeightsError).message).toBe(
      "siglip: 2 weights missing (encoder.layers.0.selfAttn.qProj.bias, encoder.layers.1.selfAttn.qProj.bias), " +
        "1 surplus (encoder.layers.2.selfAttn.qProj.weight), " +
        "1 of wrong shape (encoder.layers.0.selfAttn.qProj.weight: expected [2, 3], got [3, 2]), " +
        "1 of wrong type (layernorm.weight: expected F32, F16, BF16, got I32)",
    );
  });

  test("one weight is one weight, and a hint says why", async () => {
    const weights = { ...good, "layernorm.weight": [3] };
    const hints = { "layernorm.weight": "config.json says 2" };
    await expect(load(fileOf(weights), { hints })).rejects.toThrow(
      /^siglip: 1 weight of wrong shape \(layernorm.weight: expected \[2\], got \[3\]; config.json says 2\)$/,
    );
  });

  test("many: the message stays short, the list is whole", async () => {
    const error = (await load(fileOf(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`x.${i}`, [1]])))).catch(
      (reason: unknown) => reason,
    )) as WeightsError;
    expect(error.message).toContain("40 surplus (x.0, x.1, x.2, x.3, x.4, … and 35 more)");
    expect(error.surplus).toHaveLength(40);
    expect(error.missing).toHaveLength(5);
  });

  test("two names that are one path: one of them is surplus", async () => {
    const weights = { ...good, "layer_norm.weight": [2], "layerNorm.weight": [2] };
    await expect(load(fileOf(weights))).rejects.toThrow("2 weights surplus (layerNorm.weight, layerNorm.weight)");
    await expect(load(fileOf({ ...good, "encoder.layers.0.selfAttn.q_proj.bias": [2] }))).rejects.toThrow(
      "1 weight surplus (encoder.layers.0.selfAttn.qProj.bias)",
    );
  });
});

test.each([
  ["vit.encoder.layer.0.layernorm_before.weight", "vit.encoder.layer.0.layernormBefore.weight"],
  ["vit.embeddings.cls_token", "vit.embeddings.clsToken"],
  ["model.layers.10.mlp.gate_up_proj_2.bias", "model.layers.10.mlp.gateUpProj2.bias"],
  ["fc1", "fc1"],
  ["_private.a__b", "_private.aB"],
])("camelCase: %s", (name, path) => expect(camelCase(name)).toBe(path));
