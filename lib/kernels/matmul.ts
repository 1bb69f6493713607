/**
 * Products of matrices: a [batch, m, k] × b [batch, k, n] -> c [batch, m, n]
 *
 *     c[i, j] = sum_k a[i, k] · b[k, j]     for each entry of the batch
 *
 * aStep and bStep say how far apart the batch's matrices lie, in numbers; 0 uses one matrix for all.
 * How a workgroup makes a tile of c: `matmul-tile.ts`.
 */
import { grid, type Kernel } from "../gpu";
import { columnsOfB, matmulTile, rowsOfB, TILE } from "./matmul-tile";
import { matmulReference, matmulTransposedReference } from "./matmul.reference";

export type MatmulShape = { batch: number; m: number; k: number; n: number; aStep: number; bStep: number };

export const matmul: Kernel<MatmulShape> = {
  name: "matmul",
  params: ({ batch, m, k, n, aStep, bStep }) => Uint32Array.of(batch, m, k, n, aStep, bStep),
  workgroups: ({ batch, m, n }) => grid(batch * Math.ceil(m / TILE) * Math.ceil(n / TILE)),
  outputs: ({ batch, m, n }) => [batch * m * n],
  reference: matmulReference,
  wgsl: /* wgsl */ `
    struct Params { batch: u32, m: u32, k: u32, n: u32, aStep: u32, bStep: u32 }

    @group(0) @binding(0) var<storage, read> a: array<f32>;
    @group(0) @binding(1) var<storage, read> b: array<f32>;
    @group(0) @binding(2) var<storage, read_write> c: array<f32>;
    @group(0) @binding(3) var<uniform> params: Params;

    fn loadA(batch: u32, row: u32, k: u32) -> f32 { return a[batch * params.aStep + row * params.k + k]; }
    fn loadB(batch: u32, k: u32, col: u32) -> f32 { return b[batch * params.bStep + k * params.n + col]; }
    fn store(batch: u32, row: u32, col: u32, value: f32) { c[(batch * params.m + row) * params.n + col] = value; }
    ${columnsOfB}
    ${matmulTile}
  `,
};

/** a [m, k] × bᵀ, where b is stored as [n, k]: a linear layer without a bias. */
export const matmulTransposed: Kernel<{ m: number; k: number; n: number }> = {
  name: "matmulTransposed",
  params: ({ m, k, n }) => Uint32Array.of(1, m, k, n),
  workgroups: ({ m, n }) => grid(Math.ceil(m / TILE) * Math.ceil(n / TILE)),
  outputs: ({ m, n }) => [m * n],
  reference: matmulTransposedReference,
  wgsl: /* wgsl */ `
    struct Params { batch: u32, m: u32, k: u32, n: u32 }

    @group(0) @binding(0) var<storage, read> a: array<f32>;
    @group(0) @binding(1) var<storage, read> b: array<f32>;
    @group(0) @binding(2) var<storage, read_write> c: array<f32>;
    @group(0) @binding(3) var<uniform> params: Params;

    fn loadA(batch: u32, row: u32, k: u32) -> f32 { return a[row * params.k + k]; }
    fn loadB(batch: u32, k: u32, col: u32) -> f32 { return b[col * params.k + k]; }
    fn store(batch: u32, row: u32, col: u32, value: f32) { c[row * params.n + col] = value; }
    ${rowsOfB}
    ${matmulTile}
  `,
};
