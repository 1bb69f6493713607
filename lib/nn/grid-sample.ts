/**
 * Reading a picture at places between its pixels, as torch.nn.functional.grid_sample with mode "bilinear",
 * padding_mode "zeros" and align_corners false.
 *
 * Shapes:  B pictures   C channels   H, W of the picture   Ho, Wo of the grid
 */
import { range, type Tensor } from "../tensor";

/**
 * grid[..., 0] goes right, grid[..., 1] down; -1 and 1 are the picture's outer edges. Outside, the picture is 0.
 * [B, C, H, W], [B, Ho, Wo, 2] -> [B, C, Ho, Wo]
 */
export function gridSample(x: Tensor, grid: Tensor): Tensor {
  const [B, C, H, W] = x.shape as [number, number, number, number];
  const [entries, Ho, Wo, two] = grid.shape as [number, number, number, number];
  if (x.shape.length !== 4 || grid.shape.length !== 4 || entries !== B || two !== 2) {
    throw new RangeError(
      `gridSample: expected x [B, C, H, W] and a grid [B, Ho, Wo, 2], ` +
        `got [${x.shape.join(", ")}] and [${grid.shape.join(", ")}]`,
    );
  }
  const places = Ho * Wo;
  const flat = grid.reshape([B, places, 2]);
  const across = shares(flat.slice(null, null, [0, 1]), W).reshape([B, places, 1, W]);
  const down = shares(flat.slice(null, null, [1, 2]), H).reshape([B, places, H, 1]);
  const weights = down.mul(across).reshape([B, places, H * W]);
  return x
    .reshape([B, C, H * W])
    .matmul(weights.transpose())
    .reshape([B, C, Ho, Wo]);
}

/** How much each of `length` pixels counts at a place: 1 on it, falling to 0 one pixel away. [B, P, 1] -> [B, P, length] */
function shares(place: Tensor, length: number): Tensor {
  const at = place
    .add(1)
    .mul(length / 2)
    .sub(0.5); // in pixels
  return at.sub(range(length, place.executor)).abs().neg().add(1).relu();
}
