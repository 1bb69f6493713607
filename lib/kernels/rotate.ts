/**
 * Rotary position embedding: x [batch, heads, tokens, size], table [tables, tokens, size] -> y [batch, heads, tokens, size]
 *
 *     y[.., i]        = x[.., i]        · cos[t, i] - x[.., i + half] · sin[t, i]         i < half = size / 2
 *     y[.., i + half] = x[.., i + half] · cos[t, i] + x[.., i]        · sin[t, i]
 *
 * https://arxiv.org/abs/2104.09864. A row of the table holds half cosines, then half sines; there is one table for all,
 * or one for each entry of the batch. The CPU makes the table: WGSL's cos() is only good for angles within [-π, π].
 */
import type { Kernel } from "../gpu";
import { elements, threadBuiltins, workgroupsForElements } from "./elements";
import { rotateReference, type RotateShape } from "./rotate.reference";

export type { RotateShape };

export const rotate: Kernel<RotateShape> = {
  name: "rotate",
  params: ({ batch, heads, tokens, size, tables }) => Uint32Array.of(batch, heads, tokens, size, tables),
  workgroups: ({ batch, heads, tokens, size }) => workgroupsForElements(batch * heads * tokens * size),
  outputs: ({ batch, heads, tokens, size }) => [batch * heads * tokens * size],
  reference: rotateReference,
  wgsl: /* wgsl */ `
    ${elements}
    struct Params { batch: u32, heads: u32, tokens: u32, size: u32, tables: u32 }

    @group(0) @binding(0) var<storage, read> x: array<f32>;
    @group(0) @binding(1) var<storage, read> table: array<f32>;
    @group(0) @binding(2) var<storage, read_write> y: array<f32>;
    @group(0) @binding(3) var<uniform> params: Params;

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let i = elementOf(group, groups, thread);
      let row = i / params.size;
      if (row >= params.batch * params.heads * params.tokens) { return; }
      let entry = select(row / (params.heads * params.tokens), 0, params.tables == 1);
      let half = params.size / 2;
      let at = i % params.size;
      let angle = (entry * params.tokens + row % params.tokens) * params.size + at % half;
      let partner = select(x[i - half], -x[i + half], at < half);
      y[i] = x[i] * table[angle] + partner * table[angle + half];
    }
  `,
};
