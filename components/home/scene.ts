/** The scenes of the front page, and what is seen in them. */
import type { ScenesBuiltin } from "../../lib/notebook";

export type Scene = Parameters<ScenesBuiltin["draw"]>[0];
export type Sight = {
  picture: Awaited<ReturnType<ScenesBuiltin["draw"]>>;
  /** The likeliest things, best first. */
  answers: { label: string; probability: number }[];
  /** One number a patch, in reading order: how much the class token looks at it in the last layer, its heads averaged. */
  weights: number[];
};
export type Eyes = {
  see: (scene: Scene) => Promise<Sight>;
  parameterCount: number;
  executor: string;
};

export const SIZE = 128; // pixels
export const PATCH = 16;
export const CHOICES = ["cat", "apple", "car", "umbrella", "owl", "guitar", "cactus", "rocket"] as const;
export const FIRST = { thing: CHOICES[0], x: 50, y: 74 };

export function sceneOf(thing: string, x: number, y: number): Scene {
  return {
    ground: { kind: "plain", colour: [223, 232, 234] },
    items: [{ kind: "thing", thing, style: "noto", x, y, size: 68 }],
  };
}
