/**
 * The vocabulary: the 80 things that scenes show and that models name. A thing's place in this list is its class id,
 * in every trained checkpoint, so the list is final: nothing may be moved, renamed or inserted.
 *
 * `icon` is the name of the drawing in the emoji sets of styles.ts (Iconify names).
 */

export type ThingKind = "animal" | "food" | "vehicle" | "tool" | "plant" | "weather" | "place";

export type Thing = { name: string; icon: string; kind: ThingKind };

const groups: Record<ThingKind, string> = {
  animal:
    "cat=cat-face dog=dog-face rabbit=rabbit-face fox bear panda lion cow=cow-face pig=pig-face frog monkey=monkey-face " +
    "penguin owl duck turtle fish=tropical-fish octopus crab whale=spouting-whale snail butterfly bee=honeybee snake elephant",
  food:
    "apple=red-apple banana grapes strawberry cherries lemon pineapple watermelon carrot corn=ear-of-corn eggplant mushroom " +
    "cheese=cheese-wedge pizza hamburger fries=french-fries doughnut cookie cake=birthday-cake ice_cream=soft-ice-cream",
  vehicle: "car=automobile bus tractor bicycle train=locomotive airplane helicopter rocket sailboat",
  tool:
    "hammer scissors key light_bulb=light-bulb umbrella clock=alarm-clock camera guitar drum bell book=closed-book " +
    "pencil balloon gift=wrapped-gift ball=soccer-ball",
  plant: "cactus palm_tree=palm-tree pine_tree=evergreen-tree sunflower",
  weather: "sun cloud snowflake rainbow moon=crescent-moon snowman fire",
  place: "house",
};

/** The 80 things, in the order of their class ids. */
export const things: readonly Thing[] = Object.entries(groups).flatMap(([kind, list]) =>
  list.split(" ").map((entry) => {
    const [name = "", icon = name] = entry.split("=");
    return { name: name.replace("_", " "), icon, kind: kind as ThingKind };
  }),
);
