/** The studio in words: scenes, what is where in them, and whether an answer is the scene's. */
import { SCENE_SIZE, type Item, type Scene } from "../../lib/scenes";

/** "cat", "blue star", "sign OPEN" */
function nameOf(item: Item): string {
  if (item.kind === "thing") return item.thing;
  return item.kind === "sign" ? `sign ${item.text}` : `${item.colour} ${item.shape}`;
}

/** "A scene with cat, apple, blue star, sign OPEN" */
export function inWords(scene: Scene | undefined): string {
  if (!scene) return "Your own picture";
  return scene.items.length ? `A scene with ${scene.items.map(nameOf).join(", ")}` : "An empty scene";
}

/**
 * What is at each place of a grid over a scene, for figures: the number of the item that covers most of it, −1 where none
 * covers a quarter of it.
 * @param owner for each pixel, the item on top, −1 for the ground, as scenes.truth gives it
 */
export function whatIsWhere(scene: Scene, owner: ArrayLike<number>, rows: number, columns: number) {
  const patches = Array.from({ length: rows * columns }, (_, place) => {
    const [top, left] = [Math.floor(place / columns), place % columns];
    const pixels = new Map<number, number>();
    let all = 0;
    for (let y = edge(top, rows); y < edge(top + 1, rows); y++)
      for (let x = edge(left, columns); x < edge(left + 1, columns); x++, all++) {
        const item = owner[y * SCENE_SIZE + x]!;
        if (item >= 0) pixels.set(item, (pixels.get(item) ?? 0) + 1);
      }
    const [most] = [...pixels].sort(([, a], [, b]) => b - a);
    return most && most[1] * 4 >= all ? most[0] : -1;
  });
  return { patches, labels: scene.items.map(nameOf) };
}

const edge = (index: number, count: number) => Math.round((index * SCENE_SIZE) / count);

/** As the evaluation scores: without case, and without spaces around. */
export const same = (answer: string, truth: string) => answer.trim().toLowerCase() === truth.trim().toLowerCase();
