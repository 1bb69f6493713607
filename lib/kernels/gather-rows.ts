/**
 * Rows of a table by number, such as embeddings: table [rows, cols], indices [count] -> y [count, cols]
 *
 *     y[i, c] = table[indices[i], c]
 *
 * Indices are whole numbers stored as f32, exact up to 2²⁴. One beyond the table takes the last row: the caller checks.
 */
import type { Kernel } from "../gpu";
import { elements, threadBuiltins, workgroupsForElements } from "./elements";
import { gatherRowsReference } from "./gather-rows.reference";

export const gatherRows: Kernel<{ rows: number; cols: number; count: number }> = {
  name: "gatherRows",
  params: ({ rows, cols, count }) => Uint32Array.of(rows, cols, count),
  workgroups: ({ cols, count }) => workgroupsForElements(count * cols),
  outputs: ({ cols, count }) => [count * cols],
  reference: gatherRowsReference,
  wgsl: /* wgsl */ `
    ${elements}
    struct Params { rows: u32, cols: u32, count: u32 }

    @group(0) @binding(0) var<storage, read> table: array<f32>;
    @group(0) @binding(1) var<storage, read> indices: array<f32>;
    @group(0) @binding(2) var<storage, read_write> y: array<f32>;
    @group(0) @binding(3) var<uniform> params: Params;

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let i = elementOf(group, groups, thread);
      if (i >= params.count * params.cols) { return; }
      let row = min(u32(indices[i / params.cols]), params.rows - 1);
      y[i] = table[row * params.cols + i % params.cols];
    }
  `,
};
