/**
 * What the front page shows of a scene: its picture, the model's answers, and where the model looks. In the browser, and
 * in Node when the page is built.
 */
import {
  builtinValue,
  createBuiltins,
  type CellContext,
  type ModelsBuiltin,
  type ScenesBuiltin,
} from "../../lib/notebook";
import type { LazyBuiltins, Page } from "../../lib/notebook";

export type Scene = Parameters<ScenesBuiltin["draw"]>[0];
export type Picture = Awaited<ReturnType<ScenesBuiltin["draw"]>>;
export type Sight = {
  picture: Picture;
  /** The likeliest things, best first. */
  answers: { label: string; probability: number }[];
  /** One number a patch, in reading order: how much the class token looks at it in the last layer, its heads averaged. */
  weights: number[];
};

export const MODEL = "vit-classifier";
export const CHOICES = ["cat", "apple", "car", "umbrella", "owl", "guitar", "cactus", "rocket"] as const;

export function sceneOf(thing: string, x = 50, y = 74): Scene {
  return {
    ground: { kind: "plain", colour: [223, 232, 234] },
    items: [{ kind: "thing", thing, style: "noto", x, y, size: 68 }],
  };
}

/** Opens the model and the scenes of this site; a function of scenes comes back. */
export async function openEyes(
  page: Partial<Page> = {},
  onProgress: CellContext["progress"] = () => {},
): Promise<{ see(scene: Scene): Promise<Sight>; parameterCount: number }> {
  const all: LazyBuiltins = createBuiltins(page);
  const context = { id: "front-page", signal: new AbortController().signal, progress: onProgress } as CellContext;
  const models = ((await builtinValue(all, "models")) as { make(context: CellContext): ModelsBuiltin }).make(context);
  const scenes = (await builtinValue(all, "scenes")) as ScenesBuiltin;
  const model = await models.load(MODEL);
  const { numHiddenLayers, numAttentionHeads } = model.config;

  return {
    parameterCount: model.parameterCount,
    async see(scene) {
      const picture = await scenes.draw(scene);
      const answers = await models.classify(model, picture, { k: 4 });
      const weights: number[] = [];
      for (let head = 0; head < numAttentionHeads; head++) {
        const { shape, probs } = await models.attentionMap(model, picture, { layer: numHiddenLayers - 1, head });
        // Row 0 is the class token's; its first number is what it keeps for itself.
        for (let i = 1; i < shape[1]; i++) weights[i - 1] = (weights[i - 1] ?? 0) + probs[i]! / numAttentionHeads;
      }
      return { picture, answers, weights };
    },
  };
}
