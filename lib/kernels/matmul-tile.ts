/**
 * WGSL shared by `matmul`, `matmulTransposed` and `linear`: one workgroup makes a 32 × 32 tile of the product.
 *
 *     c[i, j] = sum_k a[i, k] · b[k, j]
 *
 * Its 64 threads load a 32 × 16 piece of a and a 16 × 32 piece of b into workgroup memory, then each thread adds their
 * product to its own 4 × 4 numbers, which stay in registers; and so on along k. Every number loaded from memory is
 * used 32 times. What lies outside the matrices is loaded as 0, so odd sizes need no other code.
 *
 * The kernel supplies `loadA(batch, row, k)`, `loadB(batch, k, col)` and `store(batch, row, col, value)`, and
 * `params` with m, k, n and batch.
 */
export const TILE = 32;

export const matmulTile = /* wgsl */ `
const TILE = 32u;
const DEPTH = 16u;
const THREADS = 64u;
var<workgroup> aTile: array<f32, DEPTH * TILE>; // [k][row]: neighbouring threads then read different memory banks
var<workgroup> bTile: array<f32, DEPTH * TILE>; // [k][col]

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

  var sums: array<vec4f, 4>; // four rows of four columns
  for (var first = 0u; first < params.k; first += DEPTH) {
    for (var i = thread; i < DEPTH * TILE; i += THREADS) {
      let row = firstRow + i / DEPTH;
      let k = first + i % DEPTH;
      var value = 0.0;
      if (row < params.m && k < params.k) { value = loadA(batch, row, k); }
      aTile[i % DEPTH * TILE + i / DEPTH] = value;
    }
    for (var i = thread; i < DEPTH * TILE; i += THREADS) {
      let at = placeInB(i);
      let k = first + at.x;
      let col = firstCol + at.y;
      var value = 0.0;
      if (k < params.k && col < params.n) { value = loadB(batch, k, col); }
      bTile[at.x * TILE + at.y] = value;
    }
    workgroupBarrier();

    for (var k = 0u; k < DEPTH; k++) {
      let b = k * TILE + local.x * 4;
      let cols = vec4f(bTile[b], bTile[b + 1], bTile[b + 2], bTile[b + 3]);
      let a = k * TILE + local.y * 4;
      for (var r = 0u; r < 4; r++) { sums[r] += aTile[a + r] * cols; }
    }
    workgroupBarrier();
  }

  for (var r = 0u; r < 4; r++) {
    let row = firstRow + local.y * 4 + r;
    for (var c = 0u; c < 4; c++) {
      let col = firstCol + local.x * 4 + c;
      if (row < params.m && col < params.n) { store(batch, row, col, sums[r][c]); }
    }
  }
}
`;

/** WGSL: b [k, n] lies with its columns side by side, so neighbouring threads load neighbouring columns. */
export const columnsOfB = /* wgsl */ `
fn placeInB(i: u32) -> vec2u { return vec2u(i / TILE, i % TILE); }
`;

/** WGSL: b [n, k] lies with its k side by side, so neighbouring threads load neighbouring k. */
export const rowsOfB = /* wgsl */ `
fn placeInB(i: u32) -> vec2u { return vec2u(i % DEPTH, i / DEPTH); }
`;
