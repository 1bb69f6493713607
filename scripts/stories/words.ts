/** Nouns with their articles, numbers in words. */
import { things } from "../../lib/scenes";

/** Names that are a plural and take no article. */
const plural = new Set(["grapes", "cherries", "fries", "scissors"]);
/** Names of what is not counted: no article either, but "is". */
const uncounted = new Set(["corn"]);
/** Of which there is one, or which is spoken of in general. */
const general: Record<string, string> = { sun: "the sun", moon: "the moon", cheese: "cheese", fire: "fire" };

export const isPlural = (name: string) => plural.has(name);

/** `a cat`, `an apple`, `grapes`, `corn`, `a red circle` */
export const a = (name: string) =>
  plural.has(name) || uncounted.has(name) ? name : `${/^[aeiou]/.test(name) ? "an" : "a"} ${name}`;

/** The thing in general, as facts speak of it: `a cat`, `the sun`, `cheese` */
export const inGeneral = (name: string) => general[name] ?? a(name);

export const is = (name: string) => (plural.has(name) ? "are" : "is");
export const has = (name: string) => (plural.has(name) ? "have" : "has");
export const does = (name: string) => (plural.has(name) ? "do" : "does");
/** A verb's form: `grows` or `grow` */
export const verb = (name: string, bare: string) => (plural.has(name) ? bare : `${bare}s`);

export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const words =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty";
export const numberWord = (count: number) => words.split(" ")[count]!;

export const kindNames = {
  animal: { one: "an animal", many: "animals" },
  food: { one: "food", many: "foods" },
  vehicle: { one: "a vehicle", many: "vehicles" },
  tool: { one: "a tool or a toy", many: "tools or toys" },
  plant: { one: "a plant", many: "plants" },
  weather: { one: "weather or sky", many: "kinds of weather or sky" },
  place: { one: "a place", many: "places" },
} as const;
/** The kinds that questions ask about: the others have names that fit some of their things badly. */
export const askedKinds = ["animal", "food", "vehicle", "plant"] as const;

export const kindOf = (name: string) => things.find((thing) => thing.name === name)!.kind;
