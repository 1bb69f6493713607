import type { Reference } from "../gpu";

export type GridSampleShape = { batch: number; channels: number; height: number; width: number; places: number };

/** What `gridSample` computes, in plain loops and double precision. */
export const gridSampleReference: Reference<GridSampleShape> = function* (
  [x, places],
  { batch, channels, height, width, places: count },
) {
  const y = new Float64Array(batch * channels * count);
  const pixel = (plane: number, row: number, column: number) =>
    row < 0 || row >= height || column < 0 || column >= width ? 0 : x![(plane * height + row) * width + column]!;
  for (let plane = 0; plane < batch * channels; plane++) {
    const entry = Math.floor(plane / channels);
    for (let place = 0; place < count; place++) {
      const across = ((places![(entry * count + place) * 2]! + 1) * width - 1) / 2;
      const down = ((places![(entry * count + place) * 2 + 1]! + 1) * height - 1) / 2;
      const [column, row] = [Math.floor(across), Math.floor(down)];
      const [right, below] = [across - column, down - row];
      y[plane * count + place] =
        (1 - below) * ((1 - right) * pixel(plane, row, column) + right * pixel(plane, row, column + 1)) +
        below * ((1 - right) * pixel(plane, row + 1, column) + right * pixel(plane, row + 1, column + 1));
      if (place % 512 === 511) yield;
    }
    yield;
  }
  return [y];
};
