/**
 * Puts a drawing on a picture: turned, flipped, stretched and scaled. For each pixel of the picture, its place in the
 * drawing is found and sampled, between pixels by weights (bilinear), several times where the drawing shrinks.
 *
 * Only + − × ÷ on numbers: every engine rounds those alike, so the bytes are the same everywhere. A turn by θ uses
 * t = tan(θ/2): cos θ = (1 − t²)/(1 + t²), sin θ = 2t/(1 + t²), which is a turn whatever t is.
 */
import { SPRITE_CONTENT } from "./sprite-size";
import type { Sprite } from "./atlas";
import { SCENE_SIZE, type Picture } from "./scene";

export type Placement = {
  x: number;
  y: number;
  size: number;
  turn?: number;
  flip?: boolean;
  stretch?: readonly [number, number];
  shear?: number;
};

/** Colour (premultiplied) and cover of a drawing at a point, 0 to 255, written into `into`. */
export type Sampler = (u: number, v: number, into: Float64Array) => void;

/** cos and sin of a turn in degrees, to six digits for turns up to 90°. */
export function turnOf(degrees = 0): [cos: number, sin: number] {
  const half = (degrees * 3.141592653589793) / 360;
  const h2 = half * half;
  const t = (half * (945 - 105 * h2 + h2 * h2)) / (945 - 420 * h2 + 15 * h2 * h2); // Padé's approximation of the tangent
  return [(1 - t * t) / (1 + t * t), (2 * t) / (1 + t * t)];
}

/** Samples a sprite at (u, v), in units of its content's longer side from the middle of the sprite. */
export function spriteSampler({ side, data }: Sprite): Sampler {
  return (u, v, into) => {
    const px = u * SPRITE_CONTENT + side / 2 - 0.5;
    const py = v * SPRITE_CONTENT + side / 2 - 0.5;
    const x0 = Math.floor(px);
    const y0 = Math.floor(py);
    if (x0 < 0 || y0 < 0 || x0 >= side - 1 || y0 >= side - 1) return;
    const fx = px - x0;
    const fy = py - y0;
    const i = (y0 * side + x0) * 4;
    const below = i + side * 4;
    for (let c = 0; c < 4; c++) {
      const top = data[i + c]! + (data[i + 4 + c]! - data[i + c]!) * fx;
      const bottom = data[below + c]! + (data[below + 4 + c]! - data[below + c]!) * fx;
      into[c]! += top + (bottom - top) * fy;
    }
  };
}

/**
 * Draws onto the picture and calls `covered` with each pixel's index and how much of it was covered, 0 to 255.
 * `extent` is how far the drawing reaches from its middle, in units of `size`; `grain` is the number of the drawing's own
 * pixels along `size`, which decides how many samples a pixel takes.
 */
export function stamp(
  picture: Picture,
  sample: Sampler,
  place: Placement,
  covered: (pixel: number, alpha: number) => void,
  { extent = 0.62, grain = SPRITE_CONTENT }: { extent?: number; grain?: number } = {},
): void {
  const [cos, sin] = turnOf(place.turn);
  const [stretchX, stretchY] = place.stretch ?? [1, 1];
  const shear = place.shear ?? 0;
  const mirror = place.flip ? -1 : 1;
  const perPixel = grain / place.size;
  const samples = perPixel <= 1.15 ? 1 : perPixel <= 2.3 ? 2 : perPixel <= 3.5 ? 3 : 4;
  const reach = place.size * extent * (1 + Math.abs(shear)) * Math.max(stretchX, stretchY) * 1.42 + 1;
  const [left, right] = span(place.x, reach);
  const [top, bottom] = span(place.y, reach);
  const into = new Float64Array(4);
  const { data } = picture;

  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      into.fill(0);
      for (let s = 0; s < samples * samples; s++) {
        const dx = (x + ((s % samples) + 0.5) / samples - place.x) / place.size;
        const dy = (y + (Math.floor(s / samples) + 0.5) / samples - place.y) / place.size;
        const v = (cos * dy - sin * dx) / stretchY;
        const u = (mirror * (cos * dx + sin * dy)) / stretchX - shear * v;
        sample(u, v, into);
      }
      const alpha = into[3]! / (samples * samples);
      if (alpha < 0.5) continue;
      const i = (y * SCENE_SIZE + x) * 4;
      for (let c = 0; c < 3; c++) {
        data[i + c] = Math.round(into[c]! / (samples * samples) + (data[i + c]! * (255 - alpha)) / 255);
      }
      covered(y * SCENE_SIZE + x, alpha);
    }
  }
}

/** The whole pixels within `reach` of a centre that are on the picture. */
function span(centre: number, reach: number): [from: number, to: number] {
  return [Math.max(0, Math.floor(centre - reach)), Math.min(SCENE_SIZE, Math.ceil(centre + reach))];
}
