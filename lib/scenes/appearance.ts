/**
 * Changes how a drawing looks and not what it shows: colours, flat fills, ink strokes. Training scenes use it, so that a
 * model meets more hands than there are emoji sets. All on whole pixels and integers: the same bytes everywhere.
 */
import type { Appearance, Rgb } from "./scene";

type Drawing = { side: number; data: Uint8Array };

const BLACK: Rgb = [0, 0, 0];

/** Straight RGBA in, straight RGBA out, of the same side. `oneInk` drawings take their ink before anything else. */
export function redraw(drawing: Drawing, { ink, appearance = {} }: { ink?: Rgb; appearance?: Appearance }): Drawing {
  const out: Drawing = { side: drawing.side, data: drawing.data.slice() };
  if (ink) recolour(out, ink);
  if (appearance.matrix || appearance.offset) mixColours(out, appearance);
  if (appearance.levels) flatten(out, appearance.levels);
  const strokes = appearance.inner && innerEdges(out, appearance.inner.threshold);
  if (appearance.fade) fade(out, appearance.fade);
  const stroke = appearance.ink ?? BLACK;
  if (strokes) drawStrokes(out, grow(strokes, out.side, appearance.inner!.width), stroke);
  return appearance.outline ? outlined(out, appearance.outline, stroke) : out;
}

function recolour({ data }: Drawing, [red, green, blue]: Rgb): void {
  for (let i = 0; i < data.length; i += 4) {
    data[i] = red;
    data[i + 1] = green;
    data[i + 2] = blue;
  }
}

const clamp = (value: number) => (value < 0 ? 0 : value > 255 ? 255 : Math.round(value));

function mixColours(
  { data }: Drawing,
  { matrix: m = [1, 0, 0, 0, 1, 0, 0, 0, 1], offset: o = BLACK }: Appearance,
): void {
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] === 0) continue;
    const [r, g, b] = [data[i]!, data[i + 1]!, data[i + 2]!];
    data[i] = clamp(m[0]! * r + m[1]! * g + m[2]! * b + o[0]);
    data[i + 1] = clamp(m[3]! * r + m[4]! * g + m[5]! * b + o[1]);
    data[i + 2] = clamp(m[6]! * r + m[7]! * g + m[8]! * b + o[2]);
  }
}

function flatten({ data }: Drawing, levels: number): void {
  const step = 255 / (levels - 1);
  const level = Uint8Array.from({ length: 256 }, (_, value) => Math.round(Math.round(value / step) * step));
  for (let i = 0; i < data.length; i += 4) for (let c = i; c < i + 3; c++) data[c] = level[data[c]!]!;
}

function fade({ data }: Drawing, amount: number): void {
  for (let i = 0; i < data.length; i += 4) {
    for (let c = i; c < i + 3; c++) data[c] = clamp(data[c]! + (255 - data[c]!) * amount);
  }
}

/** 1 where the colour two pixels on, to the right or below, is further away than `threshold` (sum over channels). */
function innerEdges({ side, data }: Drawing, threshold: number): Uint8Array {
  const edges = new Uint8Array(side * side);
  for (let y = 1; y < side - 1; y++) {
    for (let x = 1; x < side - 1; x++) {
      const i = y * side + x;
      if (data[i * 4 + 3]! < 200) continue;
      if (distance(data, i - 1, i + 1) > threshold || distance(data, i - side, i + side) > threshold) edges[i] = 1;
    }
  }
  return edges;
}

function distance(data: Uint8Array, a: number, b: number): number {
  if (data[a * 4 + 3]! < 200 || data[b * 4 + 3]! < 200) return 0; // the rim is the outline's business
  return (
    Math.abs(data[a * 4]! - data[b * 4]!) +
    Math.abs(data[a * 4 + 1]! - data[b * 4 + 1]!) +
    Math.abs(data[a * 4 + 2]! - data[b * 4 + 2]!)
  );
}

/** A mask, one pixel wider on every second step to the right and below: width 2 is the mask as the gradient found it. */
function grow(mask: Uint8Array, side: number, width: number): Uint8Array {
  let grown = mask;
  for (let step = 2; step < width; step++) {
    const next = grown.slice();
    for (let i = side + 1; i < grown.length - side - 1; i++) {
      if (!grown[i]) continue;
      next[step % 2 ? i - 1 : i + 1] = 1;
      next[step % 2 ? i - side : i + side] = 1;
    }
    grown = next;
  }
  return grown;
}

function drawStrokes({ data }: Drawing, mask: Uint8Array, [red, green, blue]: Rgb): void {
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    data[i * 4] = red;
    data[i * 4 + 1] = green;
    data[i * 4 + 2] = blue;
  }
}

/** The drawing on a stroke: its own silhouette, grown by `width` pixels in a disc. */
function outlined({ side, data }: Drawing, width: number, ink: Rgb): Drawing {
  const grown = new Uint8Array(side * side);
  const disc: number[] = [];
  for (let dy = -width; dy <= width; dy++) {
    for (let dx = -width; dx <= width; dx++) if (dx * dx + dy * dy <= width * (width + 0.8)) disc.push(dy * side + dx);
  }
  for (let y = width; y < side - width; y++) {
    for (let x = width; x < side - width; x++) {
      const i = y * side + x;
      const alpha = data[i * 4 + 3]!;
      // Only the rim can reach further than the drawing itself.
      if (alpha < 24 || (alpha === 255 && surrounded(data, i, side))) continue;
      for (const step of disc) if (grown[i + step]! < alpha) grown[i + step] = alpha;
    }
  }
  const out = data.slice();
  for (let i = 0; i < grown.length; i++) {
    const over = data[i * 4 + 3]!;
    const under = Math.max(grown[i]!, over);
    if (under === over) continue;
    // The drawing over the ink, straight alpha: colour = (over · own + (1 − over) · under · ink) / alpha.
    const alpha = over + ((255 - over) * under) / 255;
    for (let c = 0; c < 3; c++) {
      out[i * 4 + c] = clamp((data[i * 4 + c]! * over + (ink[c]! * under * (255 - over)) / 255) / alpha);
    }
    out[i * 4 + 3] = clamp(alpha);
  }
  return { side, data: out };
}

function surrounded(data: Uint8Array, i: number, side: number): boolean {
  return (
    data[(i - 1) * 4 + 3] === 255 &&
    data[(i + 1) * 4 + 3] === 255 &&
    data[(i - side) * 4 + 3] === 255 &&
    data[(i + side) * 4 + 3] === 255
  );
}
