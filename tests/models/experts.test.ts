/**
 * The shipped vision experts, public/models/*, against `transformers`: a scene in a training style and one in the style
 * that none was trained on. The goldens come with each: `python -m training expert <name> golden`.
 */
import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Picture } from "../../lib/images";
import { loadModel } from "../../lib/models";
import { drawScene, type Scene } from "../../lib/scenes";
import { concat, type Executor, type Tensor } from "../../lib/tensor";
import type { Tokenizer } from "../../lib/tokenizers";
import { builtAtlas } from "../lib/scenes-atlas";
import { executorNames, openNamed, readGolden, relativeDistance, type Golden } from "./golden";

const MODELS = pathToFileURL("public/models").href;
const TOLERANCE = 1e-4;

/** What each expert gives that the goldens hold. */
const experts = {
  clip: ["image_embeds", "text_embeds", "logits_per_image"],
  convnext: ["logits"],
  dense: ["logits"],
  text: ["logits"],
  dino: ["last_hidden_state"],
  "dino-registers": ["last_hidden_state"],
};

const shipped = Object.entries(experts).filter(([id]) => existsSync(`public/models/${id}/model.safetensors`));
const fixture = (id: string, file: string) => `tests/fixtures/experts/${id}/${file}`;
const json = <T>(id: string, file: string) => JSON.parse(readFileSync(fixture(id, file), "utf8")) as T;
const camelCase = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

let pictures: Map<string, Picture[]>;
beforeAll(async () => {
  const atlas = await builtAtlas();
  pictures = new Map(
    shipped.map(([id]) => [id, json<Scene[]>(id, "scenes.json").map((scene) => drawScene(scene, atlas))]),
  );
}, 120_000);

describe.each(executorNames)("on %s", { timeout: 240_000 }, (name) => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await openNamed(name);
  });
  afterAll(() => executor?.dispose());

  test.each(shipped)("%s gives what transformers gives", async (id, outputs) => {
    const golden: Golden = await readGolden(fixture(id, "golden.safetensors"));
    const model = await loadModel(id, { executor, baseUrl: MODELS });
    const { preprocess } = model as unknown as { preprocess: (picture: Picture) => Tensor };
    const inputs: Record<string, unknown> = {
      pixelValues: concat(pictures.get(id)!.map((picture) => preprocess(picture))),
    };
    if (id === "clip") {
      const { tokenizer } = model as unknown as { tokenizer: Tokenizer };
      const batch = tokenizer.encodeBatch(json<string[]>(id, "texts.json"), { paddingSide: "right" });
      expect(batch.inputIds.flat()).toEqual([...golden.get("input_ids")!.values]);
      Object.assign(inputs, batch);
    }
    const out = (await (model.forward as (inputs: unknown) => Promise<unknown>)(inputs)) as Record<string, Tensor>;
    for (const output of outputs) {
      const { values, shape } = golden.get(output)!;
      const ours = out[camelCase(output)]!;
      expect([output, ours.shape]).toEqual([output, shape]);
      expect(relativeDistance(await ours.data(), values), output).toBeLessThan(TOLERANCE);
    }
    model.dispose();
  });
});
