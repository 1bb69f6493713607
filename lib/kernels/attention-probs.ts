/**
 * One attention map, restored from what `attention` kept. Of one query head:
 * q [heads, queries, size], k [heads / group, room, size], logSumExp [heads, queries] -> p [queries, keys]
 *
 *     p[t, s] = exp(scale · q[t] · k[s] + mask[t, s] - logSumExp[t]),   0 where s >= sees + t
 *
 * Each row sums to 1. A query that sees nothing has the same weight, 1 / keys, for every key; its logSumExp is so low
 * that f32 cannot hold the logarithm of their number beside it. One thread per weight: a map is made when somebody looks
 * at it, and that is seldom.
 */
import { float32Bits, type Kernel } from "../gpu";
import {
  attentionProbsReference,
  maskedAttentionProbsReference,
  type AttentionProbsShape,
  type MaskedAttentionProbsShape,
} from "./attention-probs.reference";
import { elements, threadBuiltins, workgroupsForElements } from "./elements";

export type { AttentionProbsShape, MaskedAttentionProbsShape };

export const attentionProbs: Kernel<AttentionProbsShape> = {
  name: "attentionProbs",
  params: (shape) => Uint32Array.from(probsWords(shape)),
  workgroups: ({ queries, keys }) => workgroupsForElements(queries * keys),
  outputs: ({ queries, keys }) => [queries * keys],
  reference: attentionProbsReference,
  wgsl: shader({
    inputs: "",
    output: 3,
    members: "",
    masked: "fn masked(t: u32, s: u32) -> f32 { return 0.0; }",
  }),
};

export const maskedAttentionProbs: Kernel<MaskedAttentionProbsShape> = {
  name: "maskedAttentionProbs",
  params: (shape) => Uint32Array.of(...probsWords(shape), shape.maskFirst, shape.maskQuery, shape.maskKey),
  workgroups: (shape) => attentionProbs.workgroups(shape),
  outputs: (shape) => attentionProbs.outputs(shape),
  reference: maskedAttentionProbsReference,
  wgsl: shader({
    inputs: "@group(0) @binding(3) var<storage, read> mask: array<f32>;",
    output: 4,
    members: "maskFirst: u32, maskQuery: u32, maskKey: u32,",
    masked: /* wgsl */ `
    fn masked(t: u32, s: u32) -> f32 {
      return max(mask[params.maskFirst + t * params.maskQuery + s * params.maskKey], HIDDEN);
    }`,
  }),
};

function probsWords({ head, group, queries, keys, room, size, scale, sees }: AttentionProbsShape): number[] {
  return [head, group, queries, keys, room, size, float32Bits(scale), sees];
}

function shader({
  inputs,
  output,
  members,
  masked,
}: Record<"inputs" | "members" | "masked", string> & { output: number }) {
  return /* wgsl */ `
    ${elements}
    struct Params {
      head: u32, group: u32, queries: u32, keys: u32, room: u32, size: u32, scale: f32, sees: u32, ${members}
    }

    @group(0) @binding(0) var<storage, read> q: array<f32>;
    @group(0) @binding(1) var<storage, read> k: array<f32>;
    @group(0) @binding(2) var<storage, read> logSumExp: array<f32>;
    ${inputs}
    @group(0) @binding(${output}) var<storage, read_write> p: array<f32>;
    @group(0) @binding(${output + 1}) var<uniform> params: Params;

    const HIDDEN = -1e30; // as in attention
    ${masked}

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let i = elementOf(group, groups, thread);
      if (i >= params.queries * params.keys) { return; }
      let t = i / params.keys;
      let s = i % params.keys;
      let row = params.head * params.queries + t;
      let key = params.head / params.group * params.room + s;
      var score = 0.0;
      for (var e = 0u; e < params.size; e++) { score += q[row * params.size + e] * params.scale * k[key * params.size + e]; }
      let total = logSumExp[row];
      let z = min(score + masked(t, s) - total, 1.0); // above 0 only where nothing is seen, and then without limit
      let weight = select(0.0, exp(z), s < params.sees + t);
      p[i] = select(weight, 1.0 / f32(params.keys), total <= HIDDEN / 2);
    }
  `;
}
