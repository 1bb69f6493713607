/** Draws a scene, and says what is where: both from the same pixels. */
import { premultiplied, type Atlas, type Sprite } from "./atlas";
import { redraw } from "./appearance";
import { drawGround } from "./ground";
import { checkScene, classOf, SCENE_SIZE, type Item, type Picture, type Scene, type ThingItem } from "./scene";
import { shapeSampler } from "./shapes";
import { signSampler } from "./sign";
import { spriteSampler, stamp, type Sampler } from "./stamp";

/** A box in whole pixels; `x` and `y` are its left top corner. */
export type Box = { x: number; y: number; width: number; height: number };

export type SceneTruth = {
  /** For each item: its box (what is on the picture, covered or not) and the share of its pixels that nothing covers. */
  items: { item: Item; box: Box | undefined; visible: number }[];
  /** Row by row, the class id of the thing that covers most of the patch, −1 if none covers a quarter of it. */
  patches: Int16Array;
  /** For each pixel, the index of the item on top, −1 for ground. */
  owner: Int16Array;
};

/** The picture of a scene. The same bytes in every engine. */
export function drawScene(scene: Scene, atlas: Atlas): Picture {
  return render(scene, atlas).picture;
}

/** What is where. `patchSize` must divide the scene's 128 pixels. */
export function sceneTruth(scene: Scene, atlas: Atlas, { patchSize = 16 } = {}): SceneTruth {
  return truthOf(scene, render(scene, atlas), patchSize);
}

/** Both at once, for whoever needs both. */
export function drawWithTruth(
  scene: Scene,
  atlas: Atlas,
  { patchSize = 16 } = {},
): { picture: Picture; truth: SceneTruth } {
  const rendered = render(scene, atlas);
  return { picture: rendered.picture, truth: truthOf(scene, rendered, patchSize) };
}

type Rendered = { picture: Picture; owner: Int16Array; drawn: Drawn[] };
type Drawn = { left: number; top: number; right: number; bottom: number; pixels: number };

/** A pixel belongs to an item that covers at least half of it. */
const HALF = 127.5;

function render(scene: Scene, atlas: Atlas): Rendered {
  checkScene(scene);
  const picture = drawGround(scene.ground);
  const owner = new Int16Array(SCENE_SIZE * SCENE_SIZE).fill(-1);
  const drawn = scene.items.map((item, index) => {
    const box: Drawn = { left: SCENE_SIZE, top: SCENE_SIZE, right: 0, bottom: 0, pixels: 0 };
    const { sample, options } = samplerOf(item, atlas);
    stamp(
      picture,
      sample,
      placementOf(item),
      (pixel, alpha) => {
        if (alpha < HALF) return;
        owner[pixel] = index;
        const x = pixel % SCENE_SIZE;
        const y = (pixel - x) / SCENE_SIZE;
        box.left = Math.min(box.left, x);
        box.top = Math.min(box.top, y);
        box.right = Math.max(box.right, x + 1);
        box.bottom = Math.max(box.bottom, y + 1);
        box.pixels++;
      },
      options,
    );
    return box;
  });
  return { picture, owner, drawn };
}

function samplerOf(item: Item, atlas: Atlas): { sample: Sampler; options?: { extent: number; grain: number } } {
  switch (item.kind) {
    case "thing":
      return { sample: spriteSampler(spriteOf(item, atlas)) };
    case "shape":
      return { sample: shapeSampler(item.shape, item.colour), options: { extent: 0.5, grain: item.size * 2 } };
    case "sign":
      return { sample: signSampler(item.text, item.board), options: { extent: 0.5, grain: item.size * 3 } };
  }
}

function spriteOf(item: ThingItem, atlas: Atlas): Sprite {
  if (!item.ink && !item.appearance) return atlas.sprite(item.thing, item.style);
  return premultiplied(redraw(atlas.straight(item.thing, item.style), item));
}

function placementOf(item: Item) {
  if (item.kind !== "thing") return item;
  return { ...item, stretch: item.appearance?.stretch, shear: item.appearance?.shear };
}

function truthOf(scene: Scene, { owner, drawn }: Rendered, patchSize: number): SceneTruth {
  if (SCENE_SIZE % patchSize !== 0) {
    throw new Error(`scenes: expected a patch size that divides ${SCENE_SIZE}, got ${patchSize}`);
  }
  const onTop = new Int32Array(scene.items.length);
  for (const index of owner) if (index >= 0) onTop[index]!++;
  const items = scene.items.map((item, i) => {
    const { left, top, right, bottom, pixels } = drawn[i]!;
    const box = pixels ? { x: left, y: top, width: right - left, height: bottom - top } : undefined;
    return { item, box, visible: pixels ? onTop[i]! / pixels : 0 };
  });
  return { items, patches: patchClasses(scene, owner, patchSize), owner };
}

function patchClasses(scene: Scene, owner: Int16Array, patchSize: number): Int16Array {
  const perSide = SCENE_SIZE / patchSize;
  const classes = new Int16Array(perSide * perSide).fill(-1);
  const ids = scene.items.map((item) => (item.kind === "thing" ? classOf(item.thing) : -1));
  for (let patch = 0; patch < classes.length; patch++) {
    const counts = new Map<number, number>();
    const left = (patch % perSide) * patchSize;
    const top = Math.floor(patch / perSide) * patchSize;
    for (let y = top; y < top + patchSize; y++) {
      for (let x = left; x < left + patchSize; x++) {
        const index = owner[y * SCENE_SIZE + x]!;
        const id = index < 0 ? -1 : ids[index]!;
        if (id >= 0) counts.set(id, (counts.get(id) ?? 0) + 1);
      }
    }
    let most = (patchSize * patchSize) / 4;
    for (const [id, count] of counts) {
      if (count < most) continue;
      classes[patch] = id;
      most = count;
    }
  }
  return classes;
}
