/**
 * A second opinion on scenes: sees pictures, and shares no code with lib/scenes but the drawing itself. What is where comes
 * from the differences of pictures, colours from pixels, signs from the dots of their letters; answers from those.
 */
import { drawScene, type Atlas, type Ground, type Item, type Scene } from "../../lib/scenes";

const SIDE = 128;

export type Observed = {
  item: Item;
  /** 1 where at least half of the pixel is covered. */
  mask: Uint8Array;
  box: { left: number; top: number; right: number; bottom: number } | undefined;
  /** The share of the mask that no later item covers. */
  visible: number;
};

const flat = (value: number): Ground => ({ kind: "plain", colour: [value, value, value] });

/** Each item alone on black and on white: what differs is what shines through. Two roundings: half may come out as 127. */
export function observe(scene: Scene, atlas: Atlas): Observed[] {
  const masks = scene.items.map((item) => {
    const [black, white] = [0, 255].map((value) => drawScene({ ground: flat(value), items: [item] }, atlas).data);
    return Uint8Array.from({ length: SIDE * SIDE }, (_, i) =>
      255 - (white![i * 4]! - black![i * 4]!) >= 126.5 ? 1 : 0,
    );
  });
  return scene.items.map((item, index) => {
    const mask = masks[index]!;
    let [left, top, right, bottom, all, free] = [SIDE, SIDE, 0, 0, 0, 0];
    for (let i = 0; i < mask.length; i++) {
      if (!mask[i]) continue;
      all++;
      if (!masks.slice(index + 1).some((later) => later[i])) free++;
      left = Math.min(left, i % SIDE);
      right = Math.max(right, (i % SIDE) + 1);
      top = Math.min(top, Math.floor(i / SIDE));
      bottom = Math.max(bottom, Math.floor(i / SIDE) + 1);
    }
    return { item, mask, box: all ? { left, top, right, bottom } : undefined, visible: all ? free / all : 0 };
  });
}

/** Every fourth scene gets a square that covers a part of its first item: from a little to nearly all. */
export function covered(scene: Scene, seed: number): Scene {
  const [first] = scene.items;
  if (!first || seed % 4 !== 1) return scene;
  const shift = first.size * (((seed * 7) % 40) / 40);
  const over: Item = {
    kind: "shape",
    shape: "square",
    colour: "purple",
    x: first.x + shift,
    y: first.y,
    size: first.size,
  };
  return { ...scene, items: [...scene.items, over] };
}

const palette: Record<string, [number, number, number]> = {
  red: [214, 40, 40],
  orange: [240, 140, 30],
  yellow: [245, 208, 40],
  green: [46, 150, 70],
  blue: [40, 100, 210],
  purple: [130, 70, 180],
  black: [28, 28, 32],
  white: [250, 250, 250],
};

/** The colour that most pixels of an item have, alone on grey. */
export function colourOf({ item, mask }: Observed, atlas: Atlas): string {
  const { data } = drawScene({ ground: flat(120), items: [item] }, atlas);
  const votes = new Map<string, number>();
  mask.forEach((inside, i) => {
    if (!inside || i % 5) return;
    const far = (name: string) => palette[name]!.reduce((sum, value, c) => sum + Math.abs(value - data[i * 4 + c]!), 0);
    const name = Object.keys(palette).sort((a, b) => far(a) - far(b))[0]!;
    votes.set(name, (votes.get(name) ?? 0) + 1);
  });
  return [...votes].sort((a, b) => b[1] - a[1])[0]![0];
}

/** Shapes by how much of their box they fill, and where: no code of the shapes. */
export function shapeOf({ mask, box }: Observed): string {
  const { left, top, right, bottom } = box!;
  const at = (u: number, v: number) =>
    mask[Math.min(SIDE - 1, Math.floor(top + v * (bottom - top))) * SIDE + Math.floor(left + u * (right - left))] === 1;
  const corners = [at(0.1, 0.1), at(0.9, 0.1), at(0.1, 0.9), at(0.9, 0.9)];
  if (corners.every(Boolean)) return "square";
  if (corners[2] && corners[3]) return "triangle";
  let area = 0;
  for (const inside of mask) area += inside;
  const fill = area / ((right - left) * (bottom - top));
  if (fill > 0.68) return "circle";
  return isUpright(mask, box!) ? "star" : at(0.38, 0.05) ? "cross" : "diamond";
}

/** Whether the outline differs from itself turned upside down. */
function isUpright(mask: Uint8Array, { left, top, right, bottom }: NonNullable<Observed["box"]>): boolean {
  let [same, all] = [0, 0];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const [here, there] = [mask[y * SIDE + x]!, mask[(top + bottom - 1 - y) * SIDE + x]!];
      all += here | there;
      same += here & there;
    }
  }
  return same / all < 0.8;
}

/** How dark the dots of a sign's letters are, 0 board to 1 print, at the middles of where they must be: 35 a letter. */
function glyphs(item: Item & { kind: "sign" }, atlas: Atlas): number[][] {
  const [seen] = observe({ ground: flat(0), items: [item] }, atlas) as [Observed];
  const { data } = drawScene({ ground: flat(120), items: [item] }, atlas);
  const { left, top, right, bottom } = seen.box!;
  const letters = Math.round(((11 * (right - left)) / (bottom - top) - 3) / 6);
  const dot = item.size / (letters * 6 + 3);
  const pixel = (x: number, y: number) => data[(y * SIDE + x) * 4]! * 3 + data[(y * SIDE + x) * 4 + 1]! * 6;
  /** Between pixels, by weights; x and y in dots from the board's corner. */
  const at = (x: number, y: number) => {
    const px = item.x - item.size / 2 + x * dot - 0.5;
    const py = item.y - 5.5 * dot + y * dot - 0.5;
    const [x0, y0] = [Math.floor(px), Math.floor(py)];
    const upper = pixel(x0, y0) * (1 - px + x0) + pixel(x0 + 1, y0) * (px - x0);
    const lower = pixel(x0, y0 + 1) * (1 - px + x0) + pixel(x0 + 1, y0 + 1) * (px - x0);
    return upper * (1 - py + y0) + lower * (py - y0);
  };
  const dots = Array.from({ length: letters }, (_, letter) =>
    Array.from({ length: 35 }, (__, d) => at(2.5 + letter * 6 + (d % 5), 2.5 + Math.floor(d / 5))),
  );
  const board = at(1.4, 1.4);
  const most = Math.max(...dots.flat().map((value) => Math.abs(value - board)));
  return dots.map((letter) => letter.map((value) => Math.abs(value - board) / most));
}

const alphabet = new Map<string, number[]>();

const readAlready = new WeakMap<Item, string>();

/** What a sign says, each letter by the nearest of an alphabet that is read off large signs. */
export function readSign(item: Item & { kind: "sign" }, atlas: Atlas): string {
  const text = readAlready.get(item) ?? readLetters(item, atlas);
  readAlready.set(item, text);
  return text;
}

function readLetters(item: Item & { kind: "sign" }, atlas: Atlas): string {
  for (const character of alphabet.size ? "" : "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") {
    const large = { kind: "sign", text: character, board: "white", x: 64, y: 64, size: 90 } as const;
    alphabet.set(character, glyphs(large, atlas)[0]!);
  }
  const distance = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0);
  return glyphs(item, atlas)
    .map((glyph) => [...alphabet].sort((a, b) => distance(glyph, a[1]) - distance(glyph, b[1]))[0]![0])
    .join("");
}

/** How many separate patches of more than 12 pixels differ from the ground. */
export function patchesOn(scene: Scene, atlas: Atlas): number {
  const full = drawScene(scene, atlas).data;
  const bare = drawScene({ ...scene, items: [] }, atlas).data;
  const differs = Uint8Array.from({ length: SIDE * SIDE }, (_, i) =>
    [0, 1, 2].some((c) => Math.abs(full[i * 4 + c]! - bare[i * 4 + c]!) > 24) ? 1 : 0,
  );
  let patches = 0;
  for (let start = 0; start < differs.length; start++) {
    if (!differs[start]) continue;
    const stack = [start];
    let area = 0;
    differs[start] = 0;
    while (stack.length) {
      const i = stack.pop()!;
      area++;
      for (const next of [i - SIDE, i + SIDE, i % SIDE ? i - 1 : -1, i % SIDE < SIDE - 1 ? i + 1 : -1]) {
        if (!differs[next]) continue;
        differs[next] = 0;
        stack.push(next);
      }
    }
    if (area > 12) patches++;
  }
  return patches;
}
