/** Operations and layers on WebGPU: the same as on the plain loops, and fused ones the same as their formulas. */
import { afterAll, describe, expect, test, vi } from "vitest";
import { concat, openExecutor, scope, tensor, type Executor, type Tensor } from "../../lib/tensor";
import * as nn from "../../lib/nn";
import { nodeGpu } from "../gpu";
import { compare, uniform } from "./compare";

const webgpu = (await openExecutor({ gpu: await nodeGpu() })).executor;
const reference = (await openExecutor({ prefer: "reference" })).executor;
afterAll(() => webgpu.dispose());

const size = (shape: number[]) => shape.reduce((a, b) => a * b, 1);
const random = (executor: Executor, shape: number[], seed: number, scale = 1) =>
  tensor(uniform(size(shape), scale, seed), shape, executor);

/** Both executors round differently: a few thousand roundings of numbers around 1 stay far below this. */
const TOLERANCE = 1e-5;

async function expectClose(a: Tensor, b: Tensor, tolerance = TOLERANCE): Promise<void> {
  expect(a.shape).toEqual(b.shape);
  expect(compare(await a.data(), await b.data(), () => tolerance).ratio).toBeLessThanOrEqual(1);
}

test("openExecutor found the GPU", () => {
  expect(webgpu.name).toBe("webgpu");
});

describe("each operation agrees with the plain loops", () => {
  const x = (e: Executor) => random(e, [2, 3, 5], 1);
  const y = (e: Executor) => random(e, [3, 1], 2).add(2);
  const operations: [name: string, make: (e: Executor) => Tensor][] = [
    ["add", (e) => x(e).add(y(e))],
    ["sub", (e) => x(e).sub(1.5)],
    ["mul", (e) => x(e).mul(y(e))],
    ["div", (e) => x(e).div(y(e))],
    ["maximum, minimum", (e) => x(e).maximum(0.2).minimum(y(e))],
    ["exp, log, sqrt, abs", (e) => x(e).exp().log().abs().sqrt()],
    ["square, neg, relu", (e) => x(e).square().sub(0.1).neg().relu()],
    ["tanh, sigmoid, gelu", (e) => x(e).tanh().sigmoid().gelu()],
    ["matmul", (e) => x(e).matmul(random(e, [5, 4], 3))],
    ["matmul that broadcasts", (e) => random(e, [2, 1, 3, 4], 4).matmul(random(e, [3, 4, 2], 5))],
    ["transpose, reshape", (e) => x(e).transpose([2, 0, 1]).reshape([10, 3]).transpose()],
    ["slice", (e) => x(e).slice([1], null, -1)],
    ["broadcastTo", (e) => y(e).broadcastTo([2, 3, 4])],
    ["gather", (e) => x(e).gather([1, 1, 0])],
    ["concat", (e) => concat([x(e), x(e).neg(), y(e).broadcastTo([2, 3, 1])], 2)],
    ["softmax", (e) => x(e).softmax(1).softmax()],
    ["sum, mean", (e) => x(e).sum(0).mean(-1, { keepDims: true })],
    ["max, min", (e) => concat([x(e).max(1), x(e).min(1)])],
    ["argmax", (e) => x(e).argmax(2)],
  ];
  test.each(operations)("%s", async (_, make) => expectClose(make(webgpu), make(reference)));

  test("control: a small difference is seen", async () => {
    await expect(expectClose(x(webgpu).add(1e-4), x(reference))).rejects.toThrow();
  });
});

describe.each([
  ["webgpu", webgpu],
  ["reference", reference],
] as const)("layers on %s", (_, executor) => {
  const r = (shape: number[], seed: number, scale?: number) => random(executor, shape, seed, scale);

  test("linear is x Wᵀ + b", async () => {
    const [x, weight, bias] = [r([2, 7, 5], 1), r([9, 5], 2), r([9], 3)];
    await expectClose(nn.linear(x, { weight, bias }), x.matmul(weight.transpose()).add(bias));
    await expectClose(nn.linear(x, { weight }), x.matmul(weight.transpose()));
  });

  test("layerNorm is its formula", async () => {
    const [x, weight, bias] = [r([2, 7, 20], 1, 3), r([20], 2), r([20], 3)];
    const centred = x.sub(x.mean(-1, { keepDims: true }));
    const deviation = centred.square().mean(-1, { keepDims: true }).add(1e-6).sqrt();
    await expectClose(nn.layerNorm(x, { weight, bias }, 1e-6), centred.div(deviation).mul(weight).add(bias));
  });

  test.each([
    [2, 3, 70, 70, 16],
    [1, 2, 5, 66, 32],
  ])("fused attention is the unfused one: [%i, %i, %i..%i, %i]", async (B, H, T, S, E) => {
    const [q, k, v] = [r([B, H, T, E], 1, 2), r([B, H, S, E], 2, 2), r([B, H, S, E], 3)];
    const probe = vi.fn<(probs: Tensor) => void>();
    const unfused = nn.attention(q, k, v, { probe });
    await expectClose(nn.attention(q, k, v), unfused);

    const probs = probe.mock.calls[0]![0];
    expect(probs.shape).toEqual([B, H, T, S]);
    await expectClose(probs.sum(-1), tensor(new Float32Array(B * H * T).fill(1), [B, H, T], executor));

    const { output, logSumExp } = nn.attentionWithLogSumExp(q, k, v);
    await expectClose(output, unfused);
    const map = nn.attentionMap(q, k, logSumExp, [B - 1, 1]);
    await expectClose(map, probs.slice(B - 1, 1));
    await expect(expectClose(map, probs.slice(B - 1, 0))).rejects.toThrow(); // control: another head, another map
  });

  test("attention with heads longer than the fused kernel takes", async () => {
    const [q, k, v] = [r([1, 2, 260], 1), r([1, 3, 260], 2), r([1, 3, 260], 3)];
    await expectClose(nn.attention(q, k, v), nn.attention(q, k, v, { probe: () => undefined }));
  });

  test("attention does not care for the order of tokens", async () => {
    const [q, k, v] = [r([1, 6, 8], 1), r([1, 6, 8], 2), r([1, 6, 8], 3)];
    const order = [3, 0, 5, 1, 4, 2];
    const shuffled = (x: Tensor) => x.reshape([6, 8]).gather(order).reshape([1, 6, 8]);
    const output = nn.attention(q, k, v);
    await expectClose(nn.attention(shuffled(q), shuffled(k), shuffled(v)), shuffled(output));
    await expect(expectClose(shuffled(output), output)).rejects.toThrow(); // control
  });

  test("splitHeads and mergeHeads undo each other", async () => {
    const x = r([2, 5, 12], 1);
    const heads = nn.splitHeads(x, 3);
    expect(heads.shape).toEqual([2, 3, 5, 4]);
    await expectClose(heads.slice(1, 2, 3), x.slice(1, 3, [8, 12]), 1e-30);
    await expectClose(nn.mergeHeads(heads), x, 1e-30);
  });

  test("patchify: left to right, then down; channel by channel, line by line", async () => {
    const picture = tensor(Float32Array.from({ length: 2 * 4 * 6 }, (_, i) => i), [1, 2, 4, 6], executor); // prettier-ignore
    const patches = nn.patchify(picture, 2);
    expect(patches.shape).toEqual([1, 6, 8]);
    expect(await patches.slice(0, 1).array()).toEqual([2, 3, 8, 9, 26, 27, 32, 33]);
    expect(await patches.slice(0, 3).array()).toEqual([12, 13, 18, 19, 36, 37, 42, 43]);
    await expectClose(nn.unpatchify(patches, { channels: 2, patchSize: 2, height: 4 }), picture, 1e-30);
  });

  test("patchEmbedding is a convolution whose stride is its kernel size", async () => {
    const [B, C, S, P, D] = [2, 3, 8, 4, 5];
    const [pixels, weight, bias] = [uniform(B * C * S * S), uniform(D * C * P * P, 1, 2), uniform(D, 1, 3)];
    const expected: number[] = [];
    for (let b = 0; b < B; b++)
      for (let row = 0; row < S; row += P)
        for (let column = 0; column < S; column += P)
          for (let d = 0; d < D; d++) {
            let sum = bias[d]!;
            for (let c = 0; c < C; c++)
              for (let y = 0; y < P; y++)
                for (let x = 0; x < P; x++)
                  sum += weight[((d * C + c) * P + y) * P + x]! * pixels[((b * C + c) * S + row + y) * S + column + x]!;
            expected.push(sum);
          }
    const embedded = nn.patchEmbedding(tensor(pixels, [B, C, S, S], executor), {
      weight: tensor(weight, [D, C, P, P], executor),
      bias: tensor(bias, [D], executor),
    });
    await expectClose(embedded, tensor(expected, [B, 4, D], executor));
  });

  test("mlp", async () => {
    const w = { fc1: { weight: r([8, 4], 1), bias: r([8], 2) }, fc2: { weight: r([4, 8], 3), bias: r([4], 4) } };
    const x = r([2, 4], 5);
    const hidden = x.matmul(w.fc1.weight.transpose()).add(w.fc1.bias).gelu();
    await expectClose(nn.mlp(x, w), hidden.matmul(w.fc2.weight.transpose()).add(w.fc2.bias));
  });

  test.each<[string, () => unknown, string]>([
    ["linear", () => nn.linear(r([2, 3], 1), { weight: r([4, 5], 1), bias: r([4], 1) }), "linear: expected x [..., in], weight [out, in] and bias [out], got [2, 3], [4, 5], [4]"],
    ["layerNorm", () => nn.layerNorm(r([2, 3], 1), { weight: r([3], 1), bias: r([2], 1) }, 0), "layerNorm: expected x [..., D], weight [D] and bias [D], got [2, 3], [3] and [2]"],
    ["layerNorm eps", () => nn.layerNorm(r([2, 3], 1), { weight: r([3], 1), bias: r([3], 1) }, NaN), "layerNorm: expected eps to be a number from 0, got NaN"],
    ["attention", () => nn.attention(r([2, 3, 4], 1), r([2, 5, 4], 1), r([2, 6, 4], 1)), "attention: expected q [..., T, E], k [..., S, E] and v [..., S, E], got [2, 3, 4], [2, 5, 4] and [2, 6, 4]"],
    ["attentionMap", () => nn.attentionMap(r([2, 3, 4], 1), r([2, 5, 4], 1), r([2, 3], 1), [2]), "attentionMap: expected an index within [2], got [2]"],
    ["splitHeads", () => nn.splitHeads(r([1, 2, 10], 1), 3), "splitHeads: expected a hidden size that 3 heads divide, got 10"],
    ["patchify", () => nn.patchify(r([1, 1, 5, 4], 1), 2), "patchify: expected pixel values [B, C, H, W] with H and W divisible by the patch size, got [1, 1, 5, 4] and 2"],
    ["patchEmbedding", () => nn.patchEmbedding(r([1, 3, 4, 4], 1), { weight: r([8, 1, 2, 2], 1) }), "with equal C, got [1, 3, 4, 4] and [8, 1, 2, 2]"],
    ["unpatchify", () => nn.unpatchify(r([1, 6, 8], 1), { channels: 2, patchSize: 2, height: 5 }), "unpatchify: expected patches [B, N, C · P · P]"],
  ])("%s refuses what does not fit", (_, act, message) => {
    expect(act).toThrow(message);
  }); // prettier-ignore
});

describe("memory and launches", () => {
  const block = (x: Tensor) => {
    const [q, k, v] = [x.add(1), x.mul(2), x.sub(1)].map((y) => nn.splitHeads(y, 2)) as [Tensor, Tensor, Tensor];
    return nn.mergeHeads(nn.attention(q, k, v)).softmax();
  };

  test("a forward pass is one submit, and after warming up it needs no new memory", async () => {
    const x = random(webgpu, [1, 10, 8], 1);
    const pass = async () => {
      const y = scope(webgpu, () => block(x));
      await y.data();
      y.dispose();
    };
    await pass();
    const warm = webgpu.ledger();
    await pass();
    const after = webgpu.ledger();
    expect(after.submits - warm.submits).toBe(1);
    expect(after).toMatchObject({ buffers: warm.buffers, bytes: warm.bytes, pooledBytes: warm.pooledBytes });
  });

  test("attention does not store the weights, unless a probe looks", () => {
    const [T, E] = [64, 4];
    const q = random(webgpu, [1, T, E], 1);
    const bytes = (work: () => Tensor) => {
      const before = webgpu.ledger().bytes;
      work();
      return webgpu.ledger().bytes - before;
    };
    const output = T * E * 4;
    expect(bytes(() => nn.attention(q, q, q))).toBeLessThan(T * T * 4);
    expect(bytes(() => nn.attention(q, q, q, { probe: () => undefined }))).toBeGreaterThan(T * T * 4 + output);
  });
});

describe("openExecutor with an adapter that cannot be trusted", () => {
  test("wrong arithmetic is noticed, and the plain loops take over", async () => {
    const gpu = await nodeGpu();
    const requestAdapter = async () => {
      const adapter = (await gpu.requestAdapter())!;
      const requestDevice = async () => {
        const device = await adapter.requestDevice();
        const create = device.createShaderModule.bind(device);
        device.createShaderModule = (descriptor) =>
          create({ ...descriptor, code: descriptor.code.replace("exp(x[i] - m) / total", "exp(x[i] - m) * total") });
        return device;
      };
      return { info: adapter.info, limits: adapter.limits, requestDevice } as unknown as GPUAdapter;
    };
    const { executor, note } = await openExecutor({ gpu: { requestAdapter } as unknown as GPU });
    expect(executor.name).toBe("reference");
    expect(note).toContain("gave a wrong result in a small test");
  });

  test("a device that is lost later: told once, and every tensor on it rejects", async () => {
    const gpu = await nodeGpu();
    let device: GPUDevice | undefined;
    const requestAdapter = async () => {
      const adapter = (await gpu.requestAdapter())!;
      const requestDevice = async () => (device = await adapter.requestDevice());
      return { info: adapter.info, limits: adapter.limits, requestDevice } as unknown as GPUAdapter;
    };
    const onLost = vi.fn();
    const { executor } = await openExecutor({ gpu: { requestAdapter } as unknown as GPU, onLost });
    const x = random(executor, [3], 1);
    const pending = x.exp().data();
    device!.destroy();
    await expect(pending).rejects.toThrow("gpu: the device was lost");
    await expect(x.data()).rejects.toThrow("gpu: the device was lost");
    expect(onLost).toHaveBeenCalledOnce();
  });

  test("no adapter", async () => {
    const gpu = { requestAdapter: () => Promise.resolve(null) } as unknown as GPU;
    const { executor, note } = await openExecutor({ gpu });
    expect(executor.name).toBe("reference");
    expect(note).toBe("Running without the GPU, more slowly: the browser found no GPU that WebGPU can use.");
  });
});
