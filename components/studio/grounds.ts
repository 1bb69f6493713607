/** The grounds that the composer offers, by name. */
import type { Ground } from "../../lib/scenes";

export const grounds: readonly { name: string; ground: Ground }[] = [
  { name: "pale blue", ground: { kind: "plain", colour: [223, 232, 234] } },
  { name: "sand", ground: { kind: "plain", colour: [232, 222, 200] } },
  { name: "meadow", ground: { kind: "plain", colour: [168, 208, 141] } },
  { name: "rose", ground: { kind: "plain", colour: [244, 203, 204] } },
  { name: "slate", ground: { kind: "plain", colour: [88, 98, 112] } },
  {
    name: "stripes",
    ground: {
      kind: "stripes",
      colours: [
        [236, 226, 208],
        [205, 218, 226],
      ],
      width: 12,
      direction: "slanting",
    },
  },
  { name: "noise", ground: { kind: "noise", colour: [200, 200, 196], amount: 36, seed: 1 } },
];

/** The name of a ground, "other" if it is none of these. */
export function groundName(ground: Ground): string {
  return grounds.find((known) => JSON.stringify(known.ground) === JSON.stringify(ground))?.name ?? "other";
}
