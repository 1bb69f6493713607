/**
 * A picture read between its pixels: x [batch, channels, height, width], grid [batch, places, 2] -> y [batch, channels, places]
 *
 *     y[b, c, p] = the four pixels around (column, row), weighted by how near they are; 0 outside the picture
 *     column = ((grid[b, p, 0] + 1) · width - 1) / 2,   row = ((grid[b, p, 1] + 1) · height - 1) / 2
 *
 * -1 and 1 are the picture's outer edges, as in torch's grid_sample with align_corners false.
 */
import type { Kernel } from "../gpu";
import { elements, threadBuiltins, workgroupsForElements } from "./elements";
import { gridSampleReference, type GridSampleShape } from "./grid-sample.reference";

export type { GridSampleShape };

export const gridSample: Kernel<GridSampleShape> = {
  name: "gridSample",
  params: ({ batch, channels, height, width, places }) => Uint32Array.of(batch, channels, height, width, places),
  workgroups: ({ batch, channels, places }) => workgroupsForElements(batch * channels * places),
  outputs: ({ batch, channels, places }) => [batch * channels * places],
  reference: gridSampleReference,
  wgsl: /* wgsl */ `
    ${elements}
    struct Params { batch: u32, channels: u32, height: u32, width: u32, places: u32 }

    @group(0) @binding(0) var<storage, read> x: array<f32>;
    @group(0) @binding(1) var<storage, read> grid: array<f32>;
    @group(0) @binding(2) var<storage, read_write> y: array<f32>;
    @group(0) @binding(3) var<uniform> params: Params;

    fn pixel(plane: u32, column: i32, row: i32) -> f32 {
      let inside = row >= 0 && row < i32(params.height) && column >= 0 && column < i32(params.width);
      if (!inside) { return 0.0; }
      return x[(plane * params.height + u32(row)) * params.width + u32(column)];
    }

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let i = elementOf(group, groups, thread);
      if (i >= params.batch * params.channels * params.places) { return; }
      let plane = i / params.places;
      let at = (plane / params.channels * params.places + i % params.places) * 2;
      let size = vec2f(f32(params.width), f32(params.height));
      // Far outside everything is 0, and a whole number must fit an i32.
      let place = clamp(((vec2f(grid[at], grid[at + 1]) + 1) * size - 1) / 2, vec2f(-2), size + 1);
      let corner = floor(place);
      let near = place - corner;
      let first = vec2i(corner);
      let above = mix(pixel(plane, first.x, first.y), pixel(plane, first.x + 1, first.y), near.x);
      let below = mix(pixel(plane, first.x, first.y + 1), pixel(plane, first.x + 1, first.y + 1), near.x);
      y[i] = mix(above, below, near.y);
    }
  `,
};
