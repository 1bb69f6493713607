import type { Scene } from "../../lib/scenes";

/** What the studio starts with: something to ask of every kind, what, where, how many, which colour. */
export const FIRST_SCENE: Scene = {
  ground: { kind: "plain", colour: [223, 232, 234] },
  items: [
    { kind: "thing", thing: "cat", style: "noto", x: 34, y: 84, size: 52 },
    { kind: "thing", thing: "apple", style: "noto", x: 94, y: 92, size: 38 },
    { kind: "shape", shape: "star", colour: "blue", x: 96, y: 32, size: 36 },
    { kind: "sign", text: "OPEN", board: "red", x: 40, y: 28, size: 56 },
  ],
};
