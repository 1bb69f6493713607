/**
 * What a scene is: a ground, and items on it, the first at the bottom. A plain object: it can be stored, sent and read.
 * Lengths are pixels of a 128 × 128 picture, x to the right, y down; a colour is [red, green, blue], 0 to 255.
 */
import { things } from "./things";
import { styleNamed, type StyleName } from "./styles";

export const SCENE_SIZE = 128;

export type Rgb = readonly [red: number, green: number, blue: number];

/** RGBA, opaque, rows from the top. */
export type Picture = { width: number; height: number; data: Uint8ClampedArray<ArrayBuffer> };

export type Ground =
  | { kind: "plain"; colour: Rgb }
  | { kind: "stripes"; colours: readonly [Rgb, Rgb]; width: number; direction: "across" | "down" | "slanting" }
  | { kind: "noise"; colour: Rgb; amount: number; seed: number };

export const shapeNames = ["circle", "square", "triangle", "diamond", "star", "cross"] as const;
export type ShapeName = (typeof shapeNames)[number];

export const shapeColours = {
  red: [214, 40, 40],
  orange: [240, 140, 30],
  yellow: [245, 208, 40],
  green: [46, 150, 70],
  blue: [40, 100, 210],
  purple: [130, 70, 180],
  black: [28, 28, 32],
  white: [250, 250, 250],
} as const satisfies Record<string, Rgb>;
export type ColourName = keyof typeof shapeColours;

/** How a drawing was changed for training, so that a model learns the thing and not one set's hand. Every part is optional. */
export type Appearance = {
  /** Colours become matrix · colour + offset (rows: red, green, blue). */
  matrix?: readonly number[];
  offset?: Rgb;
  /** Each channel is rounded to this many levels: flat fills. */
  levels?: number;
  /** Fills fade towards white by this much, 0 to 1: a line drawing at 1. */
  fade?: number;
  /** Dark strokes where colours change by more than `threshold` (0 to 765), this many pixels wide. */
  inner?: { threshold: number; width: number };
  /** A stroke of this many sprite pixels around the drawing. */
  outline?: number;
  /** Of the strokes. */
  ink?: Rgb;
  /** Width and height are multiplied by these, and each row is pushed sideways by `shear` × its height. */
  stretch?: readonly [number, number];
  shear?: number;
};

/** `x` and `y` are the centre, `size` the longer side of the drawing; `turn` is in degrees, clockwise, −90 to 90. */
type Placed = { x: number; y: number; size: number; turn?: number };
export type ThingItem = Placed & {
  kind: "thing";
  thing: string;
  style: StyleName;
  flip?: boolean;
  /** For styles that draw in one ink: which. Black if it is missing. */
  ink?: Rgb;
  appearance?: Appearance;
};
export type ShapeItem = Placed & { kind: "shape"; shape: ShapeName; colour: ColourName };
/** `size` is the width of the board. */
export type SignItem = Placed & { kind: "sign"; text: string; board: ColourName };
export type Item = ThingItem | ShapeItem | SignItem;

export type Scene = { ground: Ground; items: readonly Item[] };

/** The class id of a thing's name. */
export function classOf(thing: string): number {
  const id = things.findIndex(({ name }) => name === thing);
  if (id < 0) {
    throw new Error(
      `scenes: expected one of the ${things.length} things (${things[0]!.name}, ${things[1]!.name}, …, ${things.at(-1)!.name}), got ${JSON.stringify(thing)}`,
    );
  }
  return id;
}

/** Throws a sentence if the scene cannot be drawn. */
export function checkScene(scene: Scene): void {
  if (!["plain", "stripes", "noise"].includes(scene.ground?.kind)) {
    throw new Error(
      `scenes: expected a ground of kind plain, stripes or noise, got ${JSON.stringify(scene.ground?.kind)}`,
    );
  }
  scene.items.forEach((item, i) => {
    const where = `scenes: item ${i} (${item.kind})`;
    if (!["thing", "shape", "sign"].includes(item.kind)) {
      throw new Error(`${where}: expected an item of kind thing, shape or sign, got ${JSON.stringify(item.kind)}`);
    }
    for (const key of ["x", "y", "size"] as const) {
      if (!Number.isFinite(item[key]))
        throw new Error(`${where}: expected ${key} to be a number, got ${String(item[key])}`);
    }
    if (item.size < 1 || item.size > 4 * SCENE_SIZE) {
      throw new Error(`${where}: expected a size from 1 to ${4 * SCENE_SIZE} pixels, got ${item.size}`);
    }
    if (Math.abs(item.turn ?? 0) > 90)
      throw new Error(`${where}: expected a turn from -90 to 90 degrees, got ${item.turn}`);
    if (item.kind === "thing") {
      classOf(item.thing);
      styleNamed(item.style);
    }
    const colour = item.kind === "shape" ? item.colour : item.kind === "sign" ? item.board : undefined;
    if (colour !== undefined && !(colour in shapeColours)) {
      throw new Error(
        `${where}: expected a colour of ${Object.keys(shapeColours).join(", ")}, got ${JSON.stringify(colour)}`,
      );
    }
    if (item.kind === "shape" && !shapeNames.includes(item.shape)) {
      throw new Error(`${where}: expected one of ${shapeNames.join(", ")}, got ${JSON.stringify(item.shape)}`);
    }
  });
}
