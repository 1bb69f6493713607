/** Random hands: appearances for training, from the drawings as they are to flat fills with ink strokes and line drawings. */
import type { Random } from "./random";
import type { Appearance, Rgb } from "./scene";

export function randomAppearance(r: Random): Appearance {
  const appearance: Appearance = {};
  if (r.chance(0.75)) Object.assign(appearance, randomColours(r));
  const hand = r.next();
  // A third keeps its own lines; the others get strokes around, inside, or both, as comics and pictograms have them.
  if (hand > 0.3) {
    appearance.ink = r.chance(0.75) ? darkInk(r) : [r.int(256), r.int(256), r.int(256)];
    if (hand > 0.38) appearance.outline = r.pick([1, 2, 2, 3, 3, 4]);
    if (hand > 0.5) appearance.inner = { threshold: r.int(90) + 30, width: r.pick([2, 3, 3, 4]) };
    if (hand > 0.6) appearance.levels = r.int(4) + 3;
    if (r.chance(0.12)) appearance.fade = r.pick([0.5, 0.8, 1]);
  }
  appearance.stretch = [r.range(0.82, 1.18), r.range(0.82, 1.18)];
  appearance.shear = r.range(-0.16, 0.16);
  return appearance;
}

function darkInk(r: Random): Rgb {
  const grey = r.int(50);
  return [grey, grey, grey];
}

/**
 * Saturation, a mix of the channels (which turns the hue), contrast and brightness, as one matrix and an offset. Each row
 * of the mix sums to 1, so that greys stay grey.
 */
function randomColours(r: Random): Pick<Appearance, "matrix" | "offset"> {
  const saturation = r.chance(0.1) ? 0 : r.range(0.4, 1.6);
  const mix = r.chance(0.15) ? 0.7 : 0.2;
  const contrast = r.range(0.75, 1.25);
  const brightness = r.range(-30, 30) + 128 * (1 - contrast);
  const matrix: number[] = [];
  for (let row = 0; row < 3; row++) {
    const mixed = [0, 1, 2].map((column) => (row === column ? 1 : 0) + r.range(-mix, mix));
    const total = mixed.reduce((sum, value) => sum + value, 0);
    for (const value of mixed) matrix.push((saturation * (value / total) + (1 - saturation) / 3) * contrast);
  }
  return { matrix, offset: [brightness, brightness, brightness] };
}
