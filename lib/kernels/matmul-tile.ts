/**
 * WGSL shared by `matmul`, `matmulTransposed` and `linear`: one workgroup makes a 32 × 32 tile of the product.
 *
 *     c[i, j] = sum_k a[i, k] · b[k, j]
 *
 * Its 64 threads load a 32 × 16 piece of a and a 16 × 32 piece of b into workgroup memory, then each thread adds their
 * product to its own 4 × 4 numbers, which stay in registers; and so on along k. Every number loaded from memory is
 * used 32 times. What lies outside the matrices counts as 0, so odd sizes need no other code.
 *
 * The kernel supplies `loadA(batch, row, k)`, `loadB(batch, k, col)` and `store(batch, row, col, value)`, where b's
 * pieces lie (`columnsOfB` or `rowsOfB`), and `params` with m, k, n and batch.
 */
export const TILE = 32;

export const matmulTile = tileOf("vec4f");

/** The same with a and b as halves in workgroup memory, where they take half the room; the sums stay f32. */
export const matmulTileOfHalves = tileOf("vec4h");

function tileOf(quad: "vec4f" | "vec4h"): string {
  return /* wgsl */ `
const TILE = 32u;
const QUADS = 8u; // vectors of four across a tile
const DEPTH = 16u;
const THREADS = 64u;
var<workgroup> aTile: array<${quad}, DEPTH * QUADS>; // [k][four rows]
var<workgroup> bTile: array<${quad}, DEPTH * QUADS>; // [k][four columns]

fn aAt(batch: u32, row: u32, k: u32) -> f32 {
  if (row < params.m && k < params.k) { return loadA(batch, row, k); }
  return 0.0;
}

fn bAt(batch: u32, k: u32, col: u32) -> f32 {
  if (k < params.k && col < params.n) { return loadB(batch, k, col); }
  return 0.0;
}

fn storeRow(batch: u32, row: u32, col: u32, values: vec4f) {
  for (var c = 0u; c < 4; c++) {
    if (row < params.m && col + c < params.n) { store(batch, row, col + c, values[c]); }
  }
}

@compute @workgroup_size(8, 8)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let tilesDown = (params.m + TILE - 1) / TILE;
  let tilesAcross = (params.n + TILE - 1) / TILE;
  let tile = group.y * groups.x + group.x;
  if (tile >= params.batch * tilesDown * tilesAcross) { return; } // the whole workgroup leaves together
  let batch = tile / (tilesDown * tilesAcross);
  let firstRow = tile / tilesAcross % tilesDown * TILE;
  let firstCol = tile % tilesAcross * TILE;

  var row0 = vec4f(0); // four rows of four columns
  var row1 = vec4f(0);
  var row2 = vec4f(0);
  var row3 = vec4f(0);
  for (var first = 0u; first < params.k; first += DEPTH) {
    for (var i = thread; i < DEPTH * QUADS; i += THREADS) {
      let k = first + i % DEPTH; // neighbouring threads load neighbouring k, as a lies in memory
      let row = firstRow + i / DEPTH * 4;
      aTile[i % DEPTH * QUADS + i / DEPTH] =
        ${quad}(vec4f(aAt(batch, row, k), aAt(batch, row + 1, k), aAt(batch, row + 2, k), aAt(batch, row + 3, k)));
    }
    for (var i = thread; i < DEPTH * QUADS; i += THREADS) {
      let at = placeInB(i);
      let k = first + at.x;
      let col = firstCol + at.y * 4;
      bTile[at.x * QUADS + at.y] =
        ${quad}(vec4f(bAt(batch, k, col), bAt(batch, k, col + 1), bAt(batch, k, col + 2), bAt(batch, k, col + 3)));
    }
    workgroupBarrier();

    for (var k = 0u; k < DEPTH; k++) {
      let a = vec4f(aTile[k * QUADS + local.y]);
      let b = vec4f(bTile[k * QUADS + local.x]);
      row0 += a.x * b;
      row1 += a.y * b;
      row2 += a.z * b;
      row3 += a.w * b;
    }
    workgroupBarrier();
  }

  let row = firstRow + local.y * 4;
  let col = firstCol + local.x * 4;
  storeRow(batch, row, col, row0);
  storeRow(batch, row + 1, col, row1);
  storeRow(batch, row + 2, col, row2);
  storeRow(batch, row + 3, col, row3);
}
`;
}

/** WGSL: b [k, n] lies with its columns side by side, so neighbouring threads load neighbouring columns. -> (k, quad) */
export const columnsOfB = /* wgsl */ `
fn placeInB(i: u32) -> vec2u { return vec2u(i / QUADS, i % QUADS); }
`;

/** WGSL: b [n, k] lies with its k side by side, so neighbouring threads load neighbouring k. -> (k, quad) */
export const rowsOfB = /* wgsl */ `
fn placeInB(i: u32) -> vec2u { return vec2u(i % DEPTH, i / DEPTH); }
`;
