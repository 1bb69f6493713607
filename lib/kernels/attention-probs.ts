/**
 * One attention map, restored from what `attention` kept:
 * q [heads, queries, size], k [heads, keys, size], logSumExp [heads, queries] -> p [queries, keys], for one head
 *
 *     p[t, s] = exp(scale · q[t] · k[s] - logSumExp[t])
 *
 * Each row sums to 1. One thread per weight: a map is made when somebody looks at it, and that is seldom.
 */
import { float32Bits, type Kernel } from "../gpu";
import { attentionProbsReference, type AttentionProbsShape } from "./attention-probs.reference";
import { elements, threadBuiltins, workgroupsForElements } from "./elements";

export type { AttentionProbsShape };

export const attentionProbs: Kernel<AttentionProbsShape> = {
  name: "attentionProbs",
  params: ({ head, queries, keys, size, scale }) => Uint32Array.of(head, queries, keys, size, float32Bits(scale)),
  workgroups: ({ queries, keys }) => workgroupsForElements(queries * keys),
  outputs: ({ queries, keys }) => [queries * keys],
  reference: attentionProbsReference,
  wgsl: /* wgsl */ `
    ${elements}
    struct Params { head: u32, queries: u32, keys: u32, size: u32, scale: f32 }

    @group(0) @binding(0) var<storage, read> q: array<f32>;
    @group(0) @binding(1) var<storage, read> k: array<f32>;
    @group(0) @binding(2) var<storage, read> logSumExp: array<f32>;
    @group(0) @binding(3) var<storage, read_write> p: array<f32>;
    @group(0) @binding(4) var<uniform> params: Params;

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let i = elementOf(group, groups, thread);
      if (i >= params.queries * params.keys) { return; }
      let row = params.head * params.queries + i / params.keys;
      let key = params.head * params.keys + i % params.keys;
      var score = 0.0;
      for (var e = 0u; e < params.size; e++) { score += q[row * params.size + e] * params.scale * k[key * params.size + e]; }
      p[i] = exp(score - logSumExp[row]);
    }
  `,
};
