/**
 * Rows by number from a part of a table, which may be halves: table [rows, cols], indices [count] -> y [count, cols]
 *
 *     y[i, c] = table[indices[i] - first, c]   for the indices from `first` to `first + rows`
 *
 * A table that is larger than one binding lies in parts: one launch for each, into the same y. A whole table of halves
 * is the case first = 0. Indices are whole numbers stored as f32, exact up to 2²⁴.
 */
import type { Kernel } from "../gpu";
import { elements, threadBuiltins, workgroupsForElements } from "./elements";
import { gatherPartReference, type GatherPartShape } from "./gather-part.reference";

export type { GatherPartShape };

/** By the table's type. With more than one part, launched by `runInto` from the second on. */
export const gatherPart = { f32: gatherPartOf("f32"), f16: gatherPartOf("f16") };

function gatherPartOf(type: "f32" | "f16"): Kernel<GatherPartShape> {
  return {
    name: `gatherPart (${type})`,
    params: ({ rows, cols, count, first }) => Uint32Array.of(rows, cols, count, first),
    workgroups: ({ cols, count }) => workgroupsForElements(count * cols),
    outputs: ({ cols, count }) => [count * cols],
    reference: gatherPartReference(type),
    wgsl: /* wgsl */ `
    ${elements}
    struct Params { rows: u32, cols: u32, count: u32, first: u32 }

    @group(0) @binding(0) var<storage, read> table: array<${type === "f16" ? "u32" : "f32"}>;
    @group(0) @binding(1) var<storage, read> indices: array<f32>;
    @group(0) @binding(2) var<storage, read_write> y: array<f32>;
    @group(0) @binding(3) var<uniform> params: Params;

    fn load(at: u32) -> f32 { return ${type === "f16" ? "unpack2x16float(table[at / 2])[at % 2]" : "table[at]"}; }

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let i = elementOf(group, groups, thread);
      if (i >= params.count * params.cols) { return; }
      let row = u32(indices[i / params.cols]);
      if (row < params.first || row - params.first >= params.rows) { return; } // in another part
      y[i] = load((row - params.first) * params.cols + i % params.cols);
    }
  `,
  };
}
