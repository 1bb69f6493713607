/**
 * Things that belong together. Half of the mixed scenes take their things from one setting, so that some things are often
 * seen with others and some are seen more than others, as in photographs. A model that learns this instead of looking is
 * found out by questions about what is missing: POPE (Li et al. 2023) calls such questions popular and adversarial.
 */
import { classOf } from "./scene";
import { things } from "./things";

export const settings: Readonly<Record<string, readonly string[]>> = {
  farm: ["cow", "pig", "duck", "dog", "cat", "rabbit", "tractor", "house", "corn", "sunflower", "apple"],
  sea: ["fish", "octopus", "crab", "whale", "turtle", "sailboat", "sun", "palm tree"],
  winter: ["snowman", "snowflake", "penguin", "pine tree", "gift", "house", "moon", "bell"],
  party: ["cake", "balloon", "gift", "guitar", "drum", "ice cream", "doughnut", "cookie"],
  snack: ["pizza", "hamburger", "fries", "cheese", "doughnut", "cookie", "ice cream", "eggplant", "mushroom"],
  fruit: ["apple", "banana", "grapes", "strawberry", "cherries", "lemon", "pineapple", "watermelon", "carrot"],
  street: ["car", "bus", "bicycle", "train", "house", "clock", "umbrella", "dog", "bell"],
  sky: ["airplane", "helicopter", "rocket", "moon", "sun", "cloud", "rainbow", "balloon"],
  garden: ["butterfly", "bee", "snail", "sunflower", "frog", "carrot", "mushroom", "umbrella", "cat", "ball"],
  jungle: ["lion", "elephant", "monkey", "snake", "palm tree", "panda", "frog", "banana"],
  forest: ["fox", "bear", "owl", "pine tree", "mushroom", "fire", "snail", "rabbit"],
  desk: ["book", "pencil", "scissors", "key", "light bulb", "clock", "camera", "hammer"],
  desert: ["cactus", "sun", "snake", "turtle", "fire", "car"],
};

const memberships = new Map<string, number>(things.map(({ name }) => [name, 0]));
for (const members of Object.values(settings)) {
  for (const name of members) {
    classOf(name); // throws for a name that is no thing
    memberships.set(name, memberships.get(name)! + 1);
  }
}

/** The things that mixed scenes show most: those of two settings or more. */
export const popularThings: readonly string[] = things
  .map(({ name }) => name)
  .filter((name) => memberships.get(name)! >= 2);

/** The things that share a setting with this one. */
export function companionsOf(name: string): readonly string[] {
  const found = new Set<string>();
  for (const members of Object.values(settings)) {
    if (members.includes(name)) for (const other of members) found.add(other);
  }
  found.delete(name);
  return [...found];
}

/**
 * Drawings that show a little of another thing in some set: candles burn on a cake, an alarm clock has bells, a ball is round. With the
 * first in the picture, nobody asks whether the second is there, or how many.
 */
const shows: Readonly<Record<string, readonly string[]>> = {
  rainbow: ["cloud", "sun"],
  snowman: ["snowflake", "carrot", "pencil"],
  cake: ["fire", "strawberry", "cherries"],
  rocket: ["fire"],
  clock: ["bell", "circle"],
  train: ["cloud"],
  hamburger: ["cheese"],
  pizza: ["cheese", "mushroom"],
  fries: ["gift"],
  "pine tree": ["snowman"],
  house: ["pine tree"],
  "palm tree": ["sun"],
  moon: ["banana"],
  "ice cream": ["cherries"],
  snowflake: ["sun", "star", "cross"],
  ball: ["circle"],
  doughnut: ["circle"],
  cookie: ["circle"],
  sun: ["circle", "star"],
};

/** Whether a drawing of `present` may be said to show `asked` as well. */
export const alsoShows = (present: string, asked: string) => shows[present]?.includes(asked) ?? false;
