/** The colour of a ground in one word, if there is no doubt about it. */
import { colourName } from "./describe";
import type { Ground, Rgb } from "./scene";

/** What a ground's colour can be called. */
export const groundColours = [
  "white",
  "grey",
  "black",
  "red",
  "orange",
  "brown",
  "yellow",
  "green",
  "turquoise",
  "blue",
  "purple",
  "pink",
] as const;

/**
 * Greys have channels that differ by less than `grey`; colours differ by `colour` or more, and keep their name when each
 * channel alone moves by `shift`.
 */
export const groundMargins = { grey: 12, colour: 48, shift: 14 };

/** One of `groundColours`, or undefined if two people could name it differently, or if stripes are of two colours. */
export function groundColourOf(ground: Ground): string | undefined {
  const colours = ground.kind === "stripes" ? ground.colours : [ground.colour];
  const names = new Set(colours.map(clearName));
  return names.size === 1 ? [...names][0] : undefined;
}

/** `plain`, `striped` or `speckled`. */
export const groundPatterns = { plain: "plain", stripes: "striped", noise: "speckled" } as const;

function clearName(colour: Rgb): string | undefined {
  const range = Math.max(...colour) - Math.min(...colour);
  if (range >= groundMargins.grey && range < groundMargins.colour) return undefined;
  const name = family(colour);
  for (let c = 0; c < 3; c++) {
    for (const shift of [-groundMargins.shift, groundMargins.shift]) {
      const moved = colour.map((value, k) => Math.max(0, Math.min(255, value + (k === c ? shift : 0))));
      const all = colour.map((value) => Math.max(0, Math.min(255, value + shift)));
      const near = [moved, all] as unknown as Rgb[];
      // A grey that moves in one channel becomes a colour by definition: greys move together only.
      if ((range < groundMargins.grey ? near.slice(1) : near).some((other) => family(other) !== name)) return undefined;
    }
  }
  return range < groundMargins.grey || isTypical(name, colour) ? name : undefined;
}

/** Not so dark that the hue cannot be told, and not what some call by another name: peach, tan, olive, rose. */
function isTypical(name: string, colour: Rgb): boolean {
  const most = Math.max(...colour);
  const least = Math.min(...colour);
  if (most < 70) return false;
  switch (name) {
    case "red":
      return least < 100;
    case "orange":
      return most >= 215 && least < 110;
    case "brown":
      return most <= 150;
    case "yellow":
    case "pink":
      return most >= 200;
    default:
      return true;
  }
}

/** The name without `pale` and `dark`. */
const family = (colour: Rgb) => colourName(colour).replace(/^(pale|dark) /, "");
