/** A scene in words, from the scene alone: what is on it, how the items lie, and on what. */
import type { Ground, Item, Rgb, Scene } from "./scene";

/** Names that take no article. */
const plural = new Set(["grapes", "cherries", "fries", "scissors"]);

/**
 * One phrase, without a full stop: `a cat left of an apple, on pale blue stripes`. Two items are told by the direction
 * in which their centres lie further apart; more, in their order from left to right.
 */
export function describeScene(scene: Scene): string {
  return `${itemsOf(scene.items)}, on ${groundOf(scene.ground)}`;
}

/** The nearest everyday name of a colour: `pale blue`, `dark grey`, `brown`. */
export function colourName([red, green, blue]: Rgb): string {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  if (most - least < 24) return greyName((most + least) / 2);
  const hue = hueName(hueOf(red, green, blue, most, most - least), most);
  if (hue === "brown") return most < 70 ? "dark brown" : hue;
  return least >= 150 ? `pale ${hue}` : most < 110 ? `dark ${hue}` : hue;
}

function itemsOf(items: readonly Item[]): string {
  const [first, second] = items;
  if (!first) return "nothing";
  if (!second) return itemName(first);
  if (items.length === 2) return `${itemName(first)} ${relation(first, second)} ${itemName(second)}`;
  const names = [...items].sort((a, b) => a.x - b.x).map(itemName);
  return `from left to right ${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

function relation(a: Item, b: Item): string {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  if (dx === 0 && dy === 0) return "under"; // one centre: the later item is drawn on top
  if (Math.abs(dx) >= Math.abs(dy)) return dx > 0 ? "left of" : "right of";
  return dy > 0 ? "above" : "below";
}

function itemName(item: Item): string {
  switch (item.kind) {
    case "thing":
      return plural.has(item.thing) ? item.thing : withArticle(item.thing);
    case "shape":
      return withArticle(`${item.colour} ${item.shape}`);
    case "sign":
      return `${withArticle(`${item.board} sign`)} that says ${item.text.toUpperCase()}`;
  }
}

function groundOf(ground: Ground): string {
  switch (ground.kind) {
    case "plain":
      return withArticle(`${colourName(ground.colour)} ground`);
    case "stripes": {
      const [a, b] = ground.colours.map(colourName);
      return a === b ? `${a} stripes` : `stripes of ${a} and ${b}`;
    }
    case "noise":
      return `a speckled ${colourName(ground.colour)} ground`;
  }
}

const withArticle = (words: string) => `${/^[aeiou]/.test(words) ? "an" : "a"} ${words}`;

function greyName(brightness: number): string {
  if (brightness >= 240) return "white";
  if (brightness >= 180) return "pale grey";
  if (brightness >= 100) return "grey";
  return brightness >= 32 ? "dark grey" : "black";
}

/** The angle on the colour wheel, 0 to 360, red at 0, green at 120, blue at 240. */
function hueOf(red: number, green: number, blue: number, most: number, range: number): number {
  const sixth =
    most === red ? (green - blue) / range : most === green ? 2 + (blue - red) / range : 4 + (red - green) / range;
  return (sixth * 60 + 360) % 360;
}

function hueName(hue: number, most: number): string {
  if (hue < 15 || hue >= 345) return "red";
  if (hue < 45) return most < 170 ? "brown" : "orange";
  if (hue < 70) return "yellow";
  if (hue < 165) return "green";
  if (hue < 195) return "turquoise";
  if (hue < 255) return "blue";
  return hue < 300 ? "purple" : "pink";
}
