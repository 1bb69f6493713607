/** Changes to a scene, each as a function from the scene before to the scene after. Nothing is changed in place. */
import { SCENE_SIZE, type Item, type Scene, type StyleName } from "../../lib/scenes";

type Unplaced<I> = I extends Item ? Omit<I, "x" | "y"> : never;
/** What is to be put somewhere. */
export type NewItem = Unplaced<Item>;

/** In pixels of the scene. Below this a thing is too small to see; above it does not fit. */
export const SMALLEST = 16;
export const LARGEST = SCENE_SIZE;
/** More things than this cover each other. */
export const MOST_ITEMS = 12;

export type Place = { x: number; y: number };

export function addThing(scene: Scene, thing: string, style: StyleName, at: Place = freePlace(scene)): Scene {
  return addItem(scene, { kind: "thing", thing, style, size: 48 }, at);
}

export function addItem(scene: Scene, item: NewItem, at: Place = freePlace(scene)): Scene {
  return { ...scene, items: [...scene.items, { ...item, ...within(at) }] };
}

/** Of a few places, the one with the most room: the middle of the scene, if nothing is there yet. */
function freePlace(scene: Scene): Place {
  const places = [
    { x: 64, y: 64 },
    { x: 28, y: 28 },
    { x: 100, y: 28 },
    { x: 28, y: 100 },
    { x: 100, y: 100 },
  ];
  const room = ({ x, y }: Place) =>
    Math.min(...scene.items.map((item) => Math.hypot(item.x - x, item.y - y) - item.size / 2));
  return places.reduce((best, place) => (room(place) > room(best) ? place : best));
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
  const restyled = (item: Item): Item => {
    if (item.kind !== "thing" || !has(item.thing)) return item;
    return { ...item, style, ink: undefined, appearance: undefined }; // those belong to the style that it had
  };
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
