/** Fused layers against the same formula in plain operations, on both executors. */
import { afterAll, describe, expect, test, vi } from "vitest";
import * as nn from "../../lib/nn";
import { concat, openExecutor, range, tensor, type Executor, type Tensor } from "../../lib/tensor";
import { nodeGpu } from "../gpu";
import { compare, uniform } from "./compare";

const webgpu = (await openExecutor({ gpu: await nodeGpu() })).executor;
const reference = (await openExecutor({ prefer: "reference" })).executor;
afterAll(() => webgpu.dispose());

const random = (executor: Executor, shape: number[], seed: number, scale = 1) =>
  tensor(uniform(shape.reduce((a, b) => a * b, 1), scale, seed), shape, executor); // prettier-ignore

/** A few thousand roundings of numbers around 1 stay far below this. */
const TOLERANCE = 1e-5;

async function expectClose(a: Tensor, b: Tensor, tolerance = TOLERANCE): Promise<void> {
  expect(a.shape).toEqual(b.shape);
  expect(compare(await a.data(), await b.data(), () => tolerance).ratio).toBeLessThanOrEqual(1);
}

const [B, H, KV, T, S, E] = [2, 6, 2, 5, 9, 8];

describe.each([
  ["webgpu", webgpu],
  ["reference", reference],
] as const)("layers on %s", (_, executor) => {
  const r = (shape: number[], seed: number, scale?: number) => random(executor, shape, seed, scale);
  const qkv = (): [Tensor, Tensor, Tensor] => [r([B, H, T, E], 1, 2), r([B, KV, S, E], 2, 2), r([B, KV, S, E], 3)];
  const hidden = (shape: number[], hides: (i: number) => boolean) =>
    tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (hides(i) ? -3.4028234e38 : 0)), shape, executor); // prettier-ignore

  test("rmsNorm is its formula", async () => {
    const [x, weight] = [r([2, 7, 20], 1, 3), r([20], 2)];
    const root = x.square().mean(-1, { keepDims: true }).add(1e-5).sqrt();
    await expectClose(nn.rmsNorm(x, { weight }, 1e-5), x.div(root).mul(weight));
  });

  test("activations are their formulas", async () => {
    const x = r([3, 50], 1, 6);
    await expectClose(nn.silu(x), x.mul(x.sigmoid()));
    await expectClose(nn.quickGelu(x), x.mul(x.mul(1.702).sigmoid()));
    const inner = x.add(x.square().mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
    await expectClose(nn.geluTanh(x), inner.tanh().add(1).mul(x).mul(0.5));
  });

  test("gatedMlp and mlp, with the activation that is asked for", async () => {
    const x = r([2, 3, 4], 1, 2);
    const w = {
      gateProj: { weight: r([10, 4], 2) },
      upProj: { weight: r([10, 4], 3) },
      downProj: { weight: r([4, 10], 4) },
    };
    const by = (weight: Tensor) => x.matmul(weight.transpose());
    const down = (y: Tensor) => y.matmul(w.downProj.weight.transpose());
    const [gate, up] = [by(w.gateProj.weight), by(w.upProj.weight)];
    await expectClose(nn.gatedMlp(x, w), down(gate.mul(gate.sigmoid()).mul(up)));
    await expectClose(nn.gatedMlp(x, w, nn.geluTanh), down(nn.geluTanh(gate).mul(up)));
    const two = { fc1: w.upProj, fc2: w.downProj };
    await expectClose(nn.mlp(x, two, nn.quickGelu), down(nn.quickGelu(up)));
    await expect(expectClose(nn.mlp(x, two), down(nn.quickGelu(up)))).rejects.toThrow(); // control
  });

  test("rope turns pairs (i, i + E / 2), by the rows of positions that it is given", async () => {
    const x = r([2, 3, 4, 6], 1);
    const frequencies = nn.inverseFrequencies({ headDim: 6, ropeTheta: 100 });
    const positions = [[0, 1, 2, 3], [7, 5, 100, 9]]; // prettier-ignore
    const angled = (f: (angle: number) => number) => {
      const numbers = positions.flatMap((row) => row.flatMap((p) => [...frequencies].map((rate) => f(p * rate))));
      return tensor(numbers, [2, 1, 4, 3], executor);
    };
    const [cos, sin] = [angled(Math.cos), angled(Math.sin)];
    const [first, second] = [x.slice(null, null, null, [0, 3]), x.slice(null, null, null, [3])];
    const turned = [first.mul(cos).sub(second.mul(sin)), second.mul(cos).add(first.mul(sin))];
    await expectClose(nn.rope(x, positions, frequencies), concat(turned, 3));
    const table = nn.ropeTable(positions, frequencies, executor);
    await expectClose(nn.rotate(x, table), concat(turned, 3));
    await expectClose(nn.rope(x.slice([0, 1]), [0, 1, 2, 3], frequencies), concat(turned, 3).slice([0, 1]));
    await expect(expectClose(nn.rope(x, [0, 1, 2, 3], frequencies), concat(turned, 3))).rejects.toThrow(); // control
  });

  test("rope: only how far apart a query and a key are matters", async () => {
    const [q, k] = [r([1, 2, 4, 16], 1), r([1, 2, 4, 16], 2)];
    const frequencies = nn.inverseFrequencies({ headDim: 16, ropeTheta: 1000 });
    const products = (first: number) => {
      const positions = [0, 1, 2, 3].map((t) => first + t);
      return nn.rope(q, positions, frequencies).matmul(nn.rope(k, positions, frequencies).transpose());
    };
    await expectClose(products(0), products(500), 3e-4); // angles are rounded to f32, as transformers does
    await expect(expectClose(products(0), q.matmul(k.transpose()))).rejects.toThrow(); // control
  });

  const variants: [name: string, options: () => nn.AttentionOptions][] = [
    ["groups of heads", () => ({})],
    ["another scale", () => ({ scale: 0.7 })],
    ["causal", () => ({ causal: { offset: 0 } })],
    ["causal after a cache", () => ({ causal: { offset: 4 } })],
    ["a cache with room", () => ({ keys: 6 })],
    ["causal in a cache with room", () => ({ causal: { offset: 2 }, keys: 7 })],
    ["padding", () => ({ mask: hidden([B, 1, 1, S], (i) => i < 3 || i === 12) })],
    ["a mask for each query", () => ({ mask: hidden([B, 1, T, S], (i) => i % 4 === 1) })],
    ["a mask that adds", () => ({ mask: r([1, H, T, S], 7) })],
    ["padding on the left, causal: rows that see nothing", () => ({ mask: hidden([B, 1, 1, S], (i) => i < 3 || (i >= 9 && i < 11)), causal: { offset: 0 } })],
    ["everything hidden", () => ({ mask: hidden([S], () => true) })],
    ["a mask in a cache with room", () => ({ mask: hidden([B, 1, T, 6], (i) => i % 5 === 0), keys: 6 })],
  ]; // prettier-ignore

  test.each(variants)("fused attention is the unfused one: %s", async (_, options) => {
    const [q, k, v] = qkv();
    const probe = vi.fn<(probs: Tensor) => void>();
    const unfused = nn.attention(q, k, v, { ...options(), probe });
    const probs = probe.mock.calls[0]![0];
    expect(probs.shape).toEqual([B, H, T, options().keys ?? S]);
    const { output, logSumExp } = nn.attentionWithLogSumExp(q, k, v, options());
    await expectClose(output, unfused);
    await expectClose(nn.attention(q, k, v, options()), unfused);
    expect(logSumExp.shape).toEqual([B, H, T]);
    for (const [b, h] of [[0, 0], [1, 4]] as const) await expectClose(nn.attentionMap(q, k, logSumExp, [b, h], options()), probs.slice(b, h)); // prettier-ignore
  });

  test("groups: the same as key heads repeated", async () => {
    const [q, k, v] = qkv();
    const repeated = (x: Tensor) => x.reshape([B, KV, 1, S, E]).broadcastTo([B, KV, H / KV, S, E]).reshape([B, H, S, E]); // prettier-ignore
    const output = nn.attention(q, k, v);
    await expectClose(output, nn.attention(q, repeated(k), repeated(v)));
    const interleaved = (x: Tensor) => concat([x, x, x], 1); // 0 1 0 1 0 1 rather than 0 0 0 1 1 1
    await expect(expectClose(output, nn.attention(q, interleaved(k), interleaved(v)))).rejects.toThrow(); // control
  });

  test("a query alone sees what it saw among others", async () => {
    const [q, k, v] = qkv();
    const whole = nn.attention(q, k, v, { causal: { offset: 3 } });
    const last = nn.attention(q.slice(null, null, [4]), k, v, { causal: { offset: 7 } });
    await expectClose(last, whole.slice(null, null, [4]));
    const before = nn.attention(q.slice(null, null, [4]), k, v, { causal: { offset: 6 } });
    await expect(expectClose(before, last)).rejects.toThrow(); // control
  });

  test("heads longer than the fused kernel takes, with options", async () => {
    const [q, k, v] = [r([1, 4, 3, 260], 1), r([1, 2, 5, 260], 2), r([1, 2, 5, 260], 3)];
    const options = { causal: { offset: 1 }, keys: 4 };
    const { output, logSumExp } = nn.attentionWithLogSumExp(q, k, v, options);
    await expectClose(output, nn.attention(q, k, v, { ...options, probe: () => undefined }));
    const scores = q
      .slice(0, 3)
      .matmul(k.slice(0, 1, [0, 4]).transpose())
      .div(Math.sqrt(260))
      .slice(2);
    await expectClose(logSumExp.slice(0, 3, 2), scores.exp().sum().log());
  });

  test("gridSample is a sum over pixels, each weighted by how near it is", async () => {
    const [x, grid] = [r([2, 3, 5, 6], 1), r([2, 4, 7, 2], 2, 1.3)];
    const shares = (place: Tensor, length: number) => {
      const at = place.add(1).mul(length / 2).sub(0.5); // prettier-ignore
      return at.sub(range(length, executor)).abs().neg().add(1).relu();
    };
    const across = shares(grid.slice(null, null, null, [0, 1]).reshape([2, 28, 1]), 6).reshape([2, 28, 1, 6]);
    const down = shares(grid.slice(null, null, null, [1, 2]).reshape([2, 28, 1]), 5).reshape([2, 28, 5, 1]);
    const weights = down.mul(across).reshape([2, 28, 30]);
    const expected = x.reshape([2, 3, 30]).matmul(weights.transpose()).reshape([2, 3, 4, 7]);
    await expectClose(nn.gridSample(x, grid), expected);
  });

  test("conv2d with a window of one pixel is linear, and with its stride is patchEmbedding", async () => {
    const [x, bias] = [r([2, 3, 4, 6], 1), r([5], 2)];
    const weight = r([5, 3, 1, 1], 3);
    const rows = nn.linear(x.transpose([0, 2, 3, 1]), { weight: weight.reshape([5, 3]), bias });
    await expectClose(nn.conv2d(x, { weight, bias }), rows.transpose([0, 3, 1, 2]));
    const patches = { weight: r([5, 3, 2, 2], 4), bias };
    const embedded = nn.patchEmbedding(x, patches); // [B, N, D]
    await expectClose(nn.conv2d(x, patches, { stride: 2 }), embedded.transpose().reshape([2, 5, 2, 3]));
  });

  const [q, k, v] = qkv();
  test.each<[string, () => unknown, string]>([
    ["rmsNorm", () => nn.rmsNorm(r([2, 3], 1), { weight: r([2], 1) }, 0), "rmsNorm: expected x [..., D] and weight [D], got [2, 3] and [2]"],
    ["rmsNorm eps", () => nn.rmsNorm(r([2, 3], 1), { weight: r([3], 1) }, -1), "rmsNorm: expected eps to be a number from 0, got -1"],
    ["heads that do not divide", () => nn.attention(r([1, 3, 2, 4], 1), r([1, 2, 2, 4], 1), r([1, 2, 2, 4], 1)), "attention: expected q [..., T, E], k [..., S, E] and v [..., S, E], got [1, 3, 2, 4], [1, 2, 2, 4] and [1, 2, 2, 4]"],
    ["too many keys", () => nn.attention(q, k, v, { keys: 10 }), "attention: expected keys to be a whole number from 1 to 9, got 10"],
    ["causal offset", () => nn.attention(q, k, v, { causal: { offset: -1 } }), "attention: expected a causal offset that is a whole number from 0, got -1"],
    ["mask", () => nn.attention(q, k, v, { mask: r([B, 1, 1, S + 1], 1) }), "attention: mask: expected shapes that agree or are 1"],
    ["a mask that is larger than the scores", () => nn.attention(q, k, v, { mask: r([2, B, 1, 1, S], 1) }), "attention: expected a mask that broadcasts to the scores, [B, H, T, S], got [2, 2, 1, 1, 9] for [2, 6, 5, 9]"],
    ["attentionMap", () => nn.attentionMap(q, k, r([B, H, T], 1), [0, 6]), "attentionMap: expected an index within [2, 6], got [0, 6]"],
    ["rope", () => nn.rope(q, [0, 1, 2], [1, 2, 3, 4]), "rope: expected x [B, H, T, E], one position per token and E / 2 frequencies, got [2, 6, 5, 8], [1, 3] positions and 4 frequencies"],
    ["rope rows", () => nn.rope(q, [[0, 1], [0]], [1]), "rope: expected rows of 2 positions, got one of 1"],
    ["no positions", () => nn.rope(q, [], [1]), "rope: expected one position per token, got none"],
    ["inverseFrequencies", () => nn.inverseFrequencies({ headDim: 7, ropeTheta: 1e4 }), "inverseFrequencies: expected an even head size and a positive theta, got 7 and 10000"],
    ["another scaling", () => nn.inverseFrequencies({ headDim: 8, ropeTheta: 1e4, ropeScaling: { ropeType: "yarn" } as never }), "expected a ropeType of default, linear or llama3, got yarn"],
    ["conv2d", () => nn.conv2d(r([1, 4, 5, 5], 1), { weight: r([2, 3, 3, 3], 1) }), "got [1, 4, 5, 5], [2, 3, 3, 3] with groups 1, stride 1 and padding 0"],
    ["a window too large", () => nn.conv2d(r([1, 1, 2, 2], 1), { weight: r([1, 1, 5, 5], 1) }, { padding: 1 }), "conv2d: expected x [B, C, H, W], weight [O, C / groups, kh, kw] whose window fits"],
    ["interpolate", () => nn.interpolate(r([2, 2, 2], 1), { height: 2, width: 2 }, { mode: "bilinear" }), "interpolate: expected x [B, C, H, W] and a size of whole pixels, got [2, 2, 2] and 2 × 2"],
    ["gridSample", () => nn.gridSample(r([2, 1, 3, 3], 1), r([1, 2, 2, 2], 1)), "gridSample: expected x [B, C, H, W] and a grid [B, Ho, Wo, 2], got [2, 1, 3, 3] and [1, 2, 2, 2]"],
    ["pixelUnshuffle", () => nn.pixelUnshuffle(r([1, 1, 3, 4], 1), 2), "pixelUnshuffle: expected x [B, C, H, W] with H and W divisible by the factor, got [1, 1, 3, 4] and 2"],
    ["pixelShuffle", () => nn.pixelShuffle(r([1, 6, 2, 2], 1), 2), "pixelShuffle: expected x [B, C, H, W] with C divisible by the factor's square, got [1, 6, 2, 2] and 2"],
  ])("%s refuses what does not fit", (_, act, message) => {
    expect(act).toThrow(message);
  }); // prettier-ignore
});
