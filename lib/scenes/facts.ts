/**
 * What can be said about a scene without doubt. Questions and captions are made from these facts alone.
 *
 * An item is `clear`, or `hidden` (as if it were not there), or `unclear`: then nothing is asked whose answer depends on
 * whether somebody sees it.
 */
import { drawGround } from "./ground";
import type { drawWithTruth } from "./render";
import { SCENE_SIZE, type Ground, type Item, type Scene, type ShapeItem, type SignItem } from "./scene";
import { isReadable } from "./sign-text";
import { things, type ThingKind } from "./things";

export const limits = {
  /** Clear: at least this share of an item's pixels is uncovered. */
  visible: 0.6,
  /** Hidden: less than this share is. */
  hidden: 0.05,
  /** Clear: at least this share of what is uncovered differs from the ground behind … */
  distinct: 0.15,
  /** … by this much, summed over the channels. */
  contrast: 75,
  /** Clear: the longer side of the box, in pixels. */
  smallest: 14,
  /** For what is said about sizes and texts: the uncovered share. */
  whole: 0.95,
  /** A sign can be read if each dot of its letters is this many pixels. */
  dot: 1.5,
};

export type Seen = {
  /** Its place in the scene's items. */
  index: number;
  item: Item;
  /** What questions call it: `cat`, `red circle`, `sign`. */
  name: string;
  state: "clear" | "unclear" | "hidden";
  /** In pixels; of the part on the picture. */
  box: { x: number; y: number; width: number; height: number };
  /** The middle of the box. */
  x: number;
  y: number;
  visible: number;
};

export type Facts = {
  ground: Ground;
  /** All items that are not hidden. */
  items: readonly Seen[];
  clear: readonly Seen[];
  /** Some item is neither clearly there nor clearly not. */
  doubtful: boolean;
};

type Drawn = ReturnType<typeof drawWithTruth>;

/**
 * The facts of a scene. `drawn` is what `drawWithTruth` gave for it. Without it, boxes are guessed from places and sizes
 * and nothing is measured: good enough to tell stories in words, not to ask about a picture.
 */
export function sceneFacts(scene: Scene, drawn?: Drawn): Facts {
  const shares = drawn && distinctShares(scene, drawn);
  const items = scene.items
    .map((item, index): Seen => {
      const { box, visible } = drawn ? drawn.truth.items[index]! : guess(scene, index);
      const at = box ?? { x: 0, y: 0, width: 0, height: 0 };
      const state = !box || visible < limits.hidden ? "hidden" : isClear() ? "clear" : "unclear";
      return {
        index,
        item,
        name: nameOf(item),
        state,
        box: at,
        x: at.x + at.width / 2,
        y: at.y + at.height / 2,
        visible,
      };

      function isClear(): boolean {
        return (
          visible >= limits.visible &&
          Math.max(at.width, at.height) >= limits.smallest &&
          (shares?.[index] ?? 1) >= limits.distinct
        );
      }
    })
    .filter(({ state }) => state !== "hidden");
  const clear = items.filter(({ state }) => state === "clear");
  return { ground: scene.ground, items, clear, doubtful: clear.length < items.length };
}

/** `cat`, `red circle`, `sign`. */
export function nameOf(item: Item): string {
  if (item.kind === "thing") return item.thing;
  return item.kind === "shape" ? `${item.colour} ${item.shape}` : "sign";
}

export const kinds = new Map<string, ThingKind>(things.map(({ name, kind }) => [name, kind]));

/** The kind of a thing; undefined for shapes and signs. */
export const kindOf = ({ item }: Seen) => (item.kind === "thing" ? kinds.get(item.thing) : undefined);

type SeenShape = Seen & { item: ShapeItem };
type SeenSign = Seen & { item: SignItem };
export const isShape = (seen: Seen): seen is SeenShape => seen.item.kind === "shape";
export const isSign = (seen: Seen): seen is SeenSign => seen.item.kind === "sign";
export const isThing = (seen: Seen) => seen.item.kind === "thing";

/** Clear items that `the …` points at: nothing else in the picture, clear or not, has the name. */
export function named({ items, clear }: Facts): Seen[] {
  return clear.filter((seen) => items.every((other) => other === seen || other.name !== seen.name));
}

/** The one readable sign, if there is exactly one sign. */
export function readableSign({ items }: Facts): SeenSign | undefined {
  const [sign, second] = items.filter(isSign);
  if (!sign || second || sign.state !== "clear" || sign.visible < limits.whole) return undefined;
  return isReadable(sign.item, limits.dot) ? sign : undefined;
}

/** For each item, the share of its uncovered pixels that differ from the ground behind it. */
function distinctShares(scene: Scene, { picture, truth }: Drawn): number[] {
  const ground = drawGround(scene.ground).data;
  const seen = new Float64Array(scene.items.length);
  const distinct = new Float64Array(scene.items.length);
  truth.owner.forEach((index, pixel) => {
    if (index < 0) return;
    seen[index]!++;
    let difference = 0;
    for (let c = pixel * 4; c < pixel * 4 + 3; c++) difference += Math.abs(picture.data[c]! - ground[c]!);
    if (difference >= limits.contrast) distinct[index]!++;
  });
  return [...seen].map((count, i) => (count ? distinct[i]! / count : 0));
}

function guess({ items }: Scene, index: number) {
  const box = square(items[index]!);
  const covered = items.slice(index + 1).map((over) => shared(box, square(over)) / (box.width * box.height));
  return { box, visible: Math.max(0, 1 - covered.reduce((sum, share) => sum + share, 0)) };
}

function square(item: Item) {
  const height = item.kind === "sign" ? (item.size * 11) / (item.text.length * 6 + 3) : item.size;
  const left = Math.max(0, item.x - item.size / 2);
  const top = Math.max(0, item.y - height / 2);
  const right = Math.min(SCENE_SIZE, item.x + item.size / 2);
  const bottom = Math.min(SCENE_SIZE, item.y + height / 2);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

function shared(a: Seen["box"], b: Seen["box"]): number {
  const wide = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const high = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, wide) * Math.max(0, high);
}
