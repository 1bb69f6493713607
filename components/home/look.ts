/** What the model says of a scene, and where it looks. In the browser, and in Node when the page is built. */
import {
  builtinValue,
  createBuiltins,
  pageEngine,
  type CellContext,
  type ModelsBuiltin,
  type Page,
  type ScenesBuiltin,
} from "../../lib/notebook";
import type { Eyes } from "./scene";

const MODEL = "vit-classifier";

/** Loads the model and gives a function of scenes. */
export async function openEyes(
  page: Partial<Page> = {},
  onProgress: CellContext["progress"] = () => {},
): Promise<Eyes> {
  const engine = page.engine ?? pageEngine();
  const all = createBuiltins({ ...page, engine });
  const context = { id: "front-page", signal: new AbortController().signal, progress: onProgress } as CellContext;
  const models = ((await builtinValue(all, "models")) as { make(context: CellContext): ModelsBuiltin }).make(context);
  const scenes = (await builtinValue(all, "scenes")) as ScenesBuiltin;
  const model = await models.load(MODEL);
  if (model.modelType !== "vit") throw new TypeError(`front page: expected a vit, got a ${model.modelType}`);
  const { numHiddenLayers, numAttentionHeads } = model.config;

  return {
    parameterCount: model.parameterCount,
    executor: engine.status().executor ?? "reference",
    async see(scene) {
      const picture = await scenes.draw(scene);
      const answers = await models.classify(model, picture, { k: 5 });
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
