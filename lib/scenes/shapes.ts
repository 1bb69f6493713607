/** Shapes, by whether a point is inside. A point is (u, v), from −0.5 to 0.5 along the shape's longer side. */
import { shapeColours, type ColourName, type ShapeName } from "./scene";
import type { Sampler } from "./stamp";

const inside: Record<ShapeName, (u: number, v: number) => boolean> = {
  circle: (u, v) => u * u + v * v <= 0.25,
  square: (u, v) => Math.abs(u) <= 0.44 && Math.abs(v) <= 0.44,
  triangle: (u, v) => v <= 0.42 && v >= -0.45 && Math.abs(u) <= (v + 0.45) * 0.57,
  diamond: (u, v) => Math.abs(u) + Math.abs(v) <= 0.5,
  cross: (u, v) => Math.min(Math.abs(u), Math.abs(v)) <= 0.16 && Math.max(Math.abs(u), Math.abs(v)) <= 0.48,
  star: insideStar,
};

/**
 * A five-pointed star is drawn by five lines, each from a point to the next but one: inside are the places that lie on the
 * inner side of at least four of them.
 */
const points = [
  [0, -0.5],
  [0.476, -0.155],
  [0.294, 0.405],
  [-0.294, 0.405],
  [-0.476, -0.155],
] as const;

function insideStar(u: number, v: number): boolean {
  let inner = 0;
  points.forEach(([x0, y0], i) => {
    const [x1, y1] = points[(i + 2) % 5]!;
    if ((x1 - x0) * (v - y0) - (y1 - y0) * (u - x0) >= 0) inner++;
  });
  return inner >= 4;
}

export function shapeSampler(shape: ShapeName, colour: ColourName): Sampler {
  const within = inside[shape];
  const [red, green, blue] = shapeColours[colour];
  return (u, v, into) => {
    if (!within(u, v)) return;
    into[0]! += red;
    into[1]! += green;
    into[2]! += blue;
    into[3]! += 255;
  };
}
