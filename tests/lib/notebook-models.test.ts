import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { builtinValue, createBuiltins, createEngine, type CellContext, type ModelsBuiltin } from "../../lib/notebook";

const modelsUrl = pathToFileURL(resolve("tests/fixtures")).href;
const all = createBuiltins({ engine: createEngine({ prefer: "reference" }), modelsUrl });
const { image_size: size } = JSON.parse(readFileSync("tests/fixtures/vit-odd/config.json", "utf8")) as {
  image_size: number | [number, number];
};
const [height, width] = typeof size === "number" ? [size, size] : size;
const picture = { width, height, data: new Uint8ClampedArray(4 * width * height).fill(200) };

/** The builtin as one run of one cell has it. */
async function modelsFor(signal = new AbortController().signal, progress: CellContext["progress"] = () => {}) {
  const { make } = (await builtinValue(all, "models")) as { make(context: Partial<CellContext>): ModelsBuiltin };
  return make({ signal, progress });
}

describe("models in a cell", () => {
  test("a model is loaded once, with progress for each cell that waits", async () => {
    const models = (await builtinValue(all, "models")) as { make(context: Partial<CellContext>): ModelsBuiltin };
    const seen: [string, number | undefined][] = [];
    const forCell = (id: string) =>
      models.make({
        signal: new AbortController().signal,
        progress: (progress) => seen.push([id, progress?.loaded]),
      });
    const [a, b] = await Promise.all([forCell("a").load("vit-odd"), forCell("b").load("vit-odd")]);
    expect(a).toBe(b);
    expect(seen.filter(([id]) => id === "a").at(-1)).toEqual(["a", undefined]);
    expect(seen.filter(([id]) => id === "b").some(([, loaded]) => loaded! > 0)).toBe(true);
  });

  test("a cell that gives up does not take the download from the other", async () => {
    const builtin = (await builtinValue(all, "models")) as { make(context: Partial<CellContext>): ModelsBuiltin };
    const first = new AbortController();
    const impatient = builtin.make({ signal: first.signal, progress: () => {} }).load("vit-odd");
    const patient = builtin.make({ signal: new AbortController().signal, progress: () => {} }).load("vit-odd");
    first.abort(new Error("edited"));
    await expect(impatient).rejects.toThrow("edited");
    expect((await patient).modelType).toBe("vit");
  });

  test("a model that is not there is a sentence, and can be asked for again", async () => {
    const models = await modelsFor();
    await expect(models.load("no-such-model")).rejects.toThrow("no-such-model");
    await expect(models.load("no-such-model")).rejects.toThrow("no-such-model");
  });

  test("answers, and where it looked: every row of a map sums to 1, for all heads at once", async () => {
    const models = await modelsFor();
    const model = await models.load("vit-odd");
    if (model.modelType !== "vit") throw new Error(`expected a vit, got a ${model.modelType}`);
    const answers = await models.classify(model, picture, { k: 2 });
    expect(answers).toHaveLength(2);
    const heads = Array.from({ length: model.config.numAttentionHeads }, (_, head) => head);
    const maps = await Promise.all(heads.map((head) => models.attentionMap(model, picture, { layer: 0, head })));
    for (const { shape, probs } of maps) {
      expect(probs.length).toBe(shape[0] * shape[1]);
      for (let row = 0; row < shape[0]; row++) {
        const sum = probs.slice(row * shape[1], (row + 1) * shape[1]).reduce((a, b) => a + b, 0);
        expect(sum).toBeCloseTo(1, 4);
      }
    }
  });

  test("files beside a model", async () => {
    const models = await modelsFor();
    expect(await models.file("vit-odd", "config.json")).toMatchObject({ model_type: "vit" });
    await expect(models.file("vit-odd", "nothing.json")).rejects.toThrow("nothing.json");
  });

  test("an aborted cell's calls reject", async () => {
    const controller = new AbortController();
    const models = await modelsFor(controller.signal);
    const model = await models.load("vit-odd");
    controller.abort(new Error("interrupted"));
    await expect(models.classify(model, picture)).rejects.toThrow("interrupted");
    await expect(models.attentionMap(model, picture, { layer: 0, head: 0 })).rejects.toThrow("interrupted");
  });
});
