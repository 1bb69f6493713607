/**
 * Reading a picture at places between its pixels, as torch.nn.functional.grid_sample with mode "bilinear",
 * padding_mode "zeros" and align_corners false.
 *
 * Shapes:  B pictures   C channels   H, W of the picture   Ho, Wo of the grid
 */
import { sampleGrid, type Tensor } from "../tensor";

/**
 * grid[..., 0] goes right, grid[..., 1] down; -1 and 1 are the picture's outer edges. Outside, the picture is 0.
 * [B, C, H, W], [B, Ho, Wo, 2] -> [B, C, Ho, Wo]
 */
export function gridSample(x: Tensor, grid: Tensor): Tensor {
  return sampleGrid(x, grid);
}
