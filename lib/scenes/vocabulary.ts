/** All words that questions, answers and captions can contain, for a tokenizer and for tests. */
import { captionPhrasings } from "./captions";
import { anyOf, indefinite, numberWords, pluralOf } from "./grammar";
import { groundColours, groundPatterns } from "./ground-colour";
import { colourPhrasings } from "./questions/colour";
import { howManyPhrasings } from "./questions/how-many";
import { isTherePhrasings } from "./questions/is-there";
import { oddPhrasings } from "./questions/odd-one-out";
import { readPhrasings } from "./questions/read";
import { sizePhrasings } from "./questions/size";
import { whatPhrasings } from "./questions/what";
import { wherePhrasings } from "./questions/where";
import { directionWords } from "./relations";
import { shapeColours, shapeNames } from "./scene";
import { signTexts } from "./sign-text";
import { things } from "./things";

const phrasings = [
  captionPhrasings,
  colourPhrasings,
  howManyPhrasings,
  isTherePhrasings,
  oddPhrasings,
  readPhrasings,
  sizePhrasings,
  whatPhrasings,
  wherePhrasings,
].flatMap((kinds): readonly string[] => Object.values(kinds as Record<string, readonly string[]>).flat());

const names = [...things.map(({ name }) => name), ...shapeNames, "sign", "shape", "animal", "vehicle"];

const texts = [
  ...phrasings.map((phrasing) => phrasing.replace(/\{\w+\}/g, " ")),
  ...names.flatMap((name) => [name, indefinite(name), anyOf(name), pluralOf(name)]),
  ...Object.keys(shapeColours).flatMap((colour) => [colour, indefinite(colour)]),
  ...groundColours,
  ...Object.values(groundPatterns),
  ...Object.values(directionWords),
  ...numberWords,
  "next to larger smaller largest smallest on a ground is are yes no and animal food vehicle",
];

/** Splits a text into the words that `sceneWords` lists: without marks, small, but for what signs say. */
export function wordsOf(text: string): string[] {
  const words = text.match(/[A-Za-z0-9]+/g) ?? [];
  return words.map((word) => (signSet.has(word) && word.length > 1 ? word : word.toLowerCase()));
}

const signSet = new Set(signTexts);

/** Sorted, each once. Words on signs are in capitals, all others small. */
export const sceneWords: readonly string[] = [...new Set([...texts.flatMap(wordsOf), ...signTexts])].sort();
