/**
 * A linear layer: x [m, k], weight [n, k], bias [n] -> y [m, n]
 *
 *     y[i, j] = sum_k x[i, k] · weight[j, k] + bias[j]
 *
 * The weight lies as in Hugging Face files, one row per output. How a workgroup makes a tile of y: `matmul-tile.ts`.
 */
import { grid, type Kernel } from "../gpu";
import { linearReference } from "./linear.reference";
import { matmulTile, rowsOfB, TILE } from "./matmul-tile";

export const linear: Kernel<{ m: number; k: number; n: number }> = {
  name: "linear",
  params: ({ m, k, n }) => Uint32Array.of(1, m, k, n),
  workgroups: ({ m, n }) => grid(Math.ceil(m / TILE) * Math.ceil(n / TILE)),
  outputs: ({ m, n }) => [m * n],
  reference: linearReference,
  wgsl: /* wgsl */ `
    struct Params { batch: u32, m: u32, k: u32, n: u32 }

    @group(0) @binding(0) var<storage, read> x: array<f32>;
    @group(0) @binding(1) var<storage, read> weight: array<f32>;
    @group(0) @binding(2) var<storage, read> bias: array<f32>;
    @group(0) @binding(3) var<storage, read_write> y: array<f32>;
    @group(0) @binding(4) var<uniform> params: Params;

    fn loadA(batch: u32, row: u32, k: u32) -> f32 { return x[row * params.k + k]; }
    fn loadB(batch: u32, k: u32, col: u32) -> f32 { return weight[col * params.k + k]; }
    fn store(batch: u32, row: u32, col: u32, value: f32) { y[row * params.n + col] = value + bias[col]; }
    ${rowsOfB}
    ${matmulTile}
  `,
};
