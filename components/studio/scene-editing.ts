/** Changes to a scene, each as a function from the scene before to the scene after. Nothing is changed in place. */
import { SCENE_SIZE, type Item, type Scene, type StyleName } from "../../lib/scenes";

/** In pixels of the scene. Below this a thing is too small to see; above it does not fit. */
export const SMALLEST = 16;
export const LARGEST = SCENE_SIZE;
/** More things than this cover each other. */
export const MOST_ITEMS = 12;

export type Place = { x: number; y: number };

export function addThing(scene: Scene, thing: string, style: StyleName, at: Place = freePlace(scene)): Scene {
  const item: Item = { kind: "thing", thing, style, size: 48, ...within(at) };
  return { ...scene, items: [...scene.items, item] };
}

/** The middle of the scene, or the first place beside it that no item's centre is near. */
function freePlace(scene: Scene): Place {
  const places = [
    { x: 64, y: 64 },
    { x: 32, y: 96 },
    { x: 96, y: 32 },
    { x: 32, y: 32 },
    { x: 96, y: 96 },
  ];
  const free = places.find(({ x, y }) => scene.items.every((item) => Math.hypot(item.x - x, item.y - y) > 24));
  return free ?? { x: 64, y: 64 };
}

export function moveItem(scene: Scene, index: number, to: Place): Scene {
  return changeItem(scene, index, within(to));
}

export function resizeItem(scene: Scene, index: number, size: number): Scene {
  return changeItem(scene, index, { size: Math.round(Math.min(LARGEST, Math.max(SMALLEST, size))) });
}

export function removeItem(scene: Scene, index: number): Scene {
  return { ...scene, items: scene.items.filter((_, i) => i !== index) };
}

/** The same scene, drawn in another style, as far as that style has drawings. */
export function restyle(scene: Scene, style: StyleName, has: (thing: string) => boolean): Scene {
  const restyled = (item: Item) => (item.kind === "thing" && has(item.thing) ? { ...item, style } : item);
  return { ...scene, items: scene.items.map(restyled) };
}

/** "cat", "red circle", "sign “STOP”": what to call an item. */
export function itemName(item: Item): string {
  if (item.kind === "thing") return item.thing;
  return item.kind === "sign" ? `sign “${item.text}”` : `${item.colour} ${item.shape}`;
}

function changeItem(scene: Scene, index: number, change: Partial<Place & { size: number }>): Scene {
  return { ...scene, items: scene.items.map((item, i) => (i === index ? { ...item, ...change } : item)) };
}

/** A centre stays on the scene, on whole pixels: so a moved thing is drawn from the same bytes everywhere. */
function within({ x, y }: Place): Place {
  const clamp = (value: number) => Math.round(Math.min(SCENE_SIZE, Math.max(0, value)));
  return { x: clamp(x), y: clamp(y) };
}
