/** What signs say: words and numbers, and which of them no training scene shows. */
import { hash32 } from "./random";
import type { SignItem } from "./scene";

/** Short, so that letters on a 128-pixel picture keep their strokes. */
export const signWords = (
  "STOP EXIT OPEN SALE TAXI ZOO CAFE BUS FREE KEEP LEFT SLOW GO IN OUT UP DOWN PARK SHOP FOOD BANK HOTEL POOL " +
  "HELP WAIT PUSH PULL ICE TEA MILK FISH BOOK ROAD SHIP SAFE HOT COLD NEW OLD YES NO ON OFF BIKE TOUR RIGHT WALK " +
  "TOWN CITY LAKE HILL FARM GAME MUSIC PHOTO LIFT GATE WEST EAST NORTH SOUTH RENT WASH WIFI"
).split(" ");

/** Everything that a sign of a mixed scene can say. */
export const signTexts: readonly string[] = [...signWords, ...Array.from({ length: 100 }, (_, n) => String(n))];

/** Whether training never shows a sign with this text: about one in eight. Reading it takes reading, not remembering. */
export function isHeldOutText(text: string): boolean {
  let h = 7;
  for (const character of text.toUpperCase()) h = hash32(h * 31 + character.charCodeAt(0));
  return h % 8 === 0;
}

/** Whether the dots of the letters are at least so many pixels. */
export const isReadable = ({ text, size }: SignItem, dot: number) => size / (text.length * 6 + 3) >= dot;
