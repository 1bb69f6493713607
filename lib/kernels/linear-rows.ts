/**
 * A linear layer by some rows of its weight, which may be halves: x [m, k], weight [n, k] -> y [m, across]
 *
 *     y[i, first + j] = sum_k x[i, k] · weight[j, k] + bias[first + j]     for j < n
 *
 * A weight that is larger than one binding lies in parts: one launch for each, into the same y. A whole weight of
 * halves is the case first = 0, across = n.
 *
 * With halves, x is rounded to halves too (`half.ts`); a product of two halves is exact in f32, and sums are f32. Where
 * shaders know halves, the tiles hold them, which changes no number. WGSL's own `quantizeToF16` is not used: it may round
 * either way, and on a software adapter it does. How a workgroup makes a tile of y: `matmul-tile.ts`.
 */
import { grid, type Kernel } from "../gpu";
import { halfConversions } from "./half";
import { linearRowsReference, type LinearRowsShape } from "./linear-rows.reference";
import { matmulTile, matmulTileOfHalves, rowsOfB, TILE } from "./matmul-tile";

export type { LinearRowsShape };

type Variant = { weight: "f32" | "f16"; shaderF16?: boolean; bias?: boolean };

/** By the weight's type; `shaderF16` needs that feature. With more than one part, launched by `runInto` from the second on. */
export const linearRows = {
  f32: linearRowsOf({ weight: "f32" }),
  f32Bias: linearRowsOf({ weight: "f32", bias: true }),
  f16: linearRowsOf({ weight: "f16" }),
  f16Bias: linearRowsOf({ weight: "f16", bias: true }),
  shaderF16: linearRowsOf({ weight: "f16", shaderF16: true }),
  shaderF16Bias: linearRowsOf({ weight: "f16", shaderF16: true, bias: true }),
};

function linearRowsOf({ weight, shaderF16 = false, bias = false }: Variant): Kernel<LinearRowsShape> {
  return {
    name: `linearRows (${shaderF16 ? "shader-f16" : weight}${bias ? ", bias" : ""})`,
    params: ({ m, k, n, first, across }) => Uint32Array.of(1, m, k, n, first, across),
    workgroups: ({ m, n }) => grid(Math.ceil(m / TILE) * Math.ceil(n / TILE)),
    outputs: ({ m, across }) => [m * across],
    reference: linearRowsReference(weight, bias),
    wgsl: /* wgsl */ `
    ${shaderF16 ? "enable f16;" : ""}
    struct Params { batch: u32, m: u32, k: u32, n: u32, first: u32, across: u32 }

    @group(0) @binding(0) var<storage, read> x: array<f32>;
    @group(0) @binding(1) var<storage, read> weight: array<${weight === "f16" ? "u32" : "f32"}>;
    ${bias ? "@group(0) @binding(2) var<storage, read> bias: array<f32>;" : ""}
    @group(0) @binding(${bias ? 3 : 2}) var<storage, read_write> y: array<f32>;
    @group(0) @binding(${bias ? 4 : 3}) var<uniform> params: Params;

    ${weight === "f16" ? loadHalves() : loadFloats()}
    fn store(batch: u32, row: u32, col: u32, value: f32) {
      let across = params.first + col;
      y[row * params.across + across] = value${bias ? " + bias[across]" : ""};
    }
    ${rowsOfB}
    ${shaderF16 ? matmulTileOfHalves : matmulTile}
  `,
  };
}

function loadFloats(): string {
  return /* wgsl */ `
    fn loadA(batch: u32, row: u32, k: u32) -> f32 { return x[row * params.k + k]; }
    fn loadB(batch: u32, k: u32, col: u32) -> f32 { return weight[col * params.k + k]; }
`;
}

/** Rounded here, where the rounding is known, so that storing a number in a tile of halves loses nothing. */
function loadHalves(): string {
  return /* wgsl */ `
    ${halfConversions}
    fn loadA(batch: u32, row: u32, k: u32) -> f32 {
      return bitcast<f32>(halfToFloatBits(halfBits(bitcast<u32>(x[row * params.k + k]))));
    }
    fn loadB(batch: u32, k: u32, col: u32) -> f32 {
      let at = col * params.k + k;
      return unpack2x16float(weight[at / 2])[at % 2];
    }
`;
}
