/**
 * DeiT, and a ViT without its classifier, against transformers: pictures of the size of training, and of another one.
 * Fixtures: `python -m training architectures vision`.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  classify,
  featureMap,
  imageEmbedding,
  loadModel,
  type DeiTForImageClassification,
  type ViTModel,
} from "../../lib/models";
import type { Executor } from "../../lib/tensor";
import { comparer, FIXTURES, goldenOf, goldenTensor, picture, sameMaps, seeAll } from "./encoders";
import { executorNames, openNamed } from "./golden";

describe.each(executorNames)("on %s", (name) => {
  let executor: Executor;
  let deit: DeiTForImageClassification;
  let vit: ViTModel;
  beforeAll(async () => {
    executor = await openNamed(name);
    deit = await loadModel("deit-odd", { executor, baseUrl: FIXTURES, modelType: "deit" });
    vit = await loadModel("vit-tower-odd", { executor, baseUrl: FIXTURES, modelType: "vit_model" });
  });
  afterAll(() => {
    deit?.dispose();
    vit?.dispose();
    executor?.dispose();
  });

  test.each(["", "other."])("DeiT %s with a teacher: both classifiers and their mean", async (prefix) => {
    const golden = await goldenOf("deit-odd");
    const pixelValues = goldenTensor(golden, `${prefix}pixel_values`, executor);
    const { seen, probe } = seeAll();
    const out = await deit.forward({ pixelValues, interpolatePosEncoding: prefix !== "" }, { probe });
    const compare = comparer(golden);
    await compare.same(out.logits, `${prefix}logits`);
    await compare.same(out.clsLogits, `${prefix}cls_logits`);
    await compare.same(out.distillationLogits, `${prefix}distillation_logits`);
    for (const i of [0, 1]) await compare.same(seen.get(`deit.encoder.layer.${i}.probs`), `${prefix}attentions.${i}`);
    compare.report(`deit ${prefix}on ${name}`);
  });

  test.each(["", "other."])("ViT %s without a classifier: every layer, pooler", async (prefix) => {
    const golden = await goldenOf("vit-tower-odd");
    const pixelValues = goldenTensor(golden, `${prefix}pixel_values`, executor);
    const { seen, probe } = seeAll();
    const options = { interpolatePosEncoding: prefix !== "", outputHiddenStates: true };
    const out = await vit.forward({ pixelValues, ...options }, { probe });
    const compare = comparer(golden);
    await compare.same(out.lastHiddenState, `${prefix}last_hidden_state`);
    await compare.same(out.poolerOutput, `${prefix}pooler_output`);
    await compare.layers(seen, out.hiddenStates, prefix, "encoder.layer");
    compare.report(`vit_model ${prefix}on ${name}`);
  });

  test("another size is refused unless it is asked for", async () => {
    const pixelValues = goldenTensor(await goldenOf("deit-odd"), "other.pixel_values", executor);
    await expect(deit.forward({ pixelValues })).rejects.toThrow(/vit: expected pixelValues \[B, 3, 16, 16\]/);
  });

  test("the encoder out of a classifier's file has no pooler, and no classifier", async () => {
    const encoder = await loadModel("vit-odd", { executor, baseUrl: FIXTURES, modelType: "vit_model" });
    const golden = await goldenOf("vit-odd");
    const out = await encoder.forward({ pixelValues: goldenTensor(golden, "pixel_values", executor) });
    await comparer(golden).same(out.lastHiddenState, "last_hidden_state");
    expect(out.poolerOutput).toBeUndefined();
    expect((await featureMap(encoder, picture)).shape).toEqual([3, 5, 36]);
    await expect(imageEmbedding(encoder, picture)).rejects.toThrow(/a model with a pooler, got a vit_model without/);
    await expect(classify(encoder, picture)).rejects.toThrow(/a model with labels/);
    encoder.dispose();
  });

  test("a ViTModel whose file has no pooler", async () => {
    const folder = "tests/fixtures/vit-odd";
    const config = {
      ...(JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as object),
      architectures: ["ViTModel"],
    };
    const files = [
      new File([JSON.stringify(config)], "config.json"),
      new File([readFileSync(`${folder}/model.safetensors`)], "model.safetensors"),
    ];
    const encoder = (await loadModel(files, { executor })) as ViTModel;
    expect(encoder.weights.pooler).toBeUndefined();
    expect(encoder.processor.size).toEqual({ height: 224, width: 224 }); // no file says otherwise
    const golden = await goldenOf("vit-odd");
    const out = await encoder.forward({ pixelValues: goldenTensor(golden, "pixel_values", executor) });
    await comparer(golden).same(out.lastHiddenState, "last_hidden_state");
    encoder.dispose();
  });

  test("a classifier is not given where the encoder alone is in the file", async () => {
    const options = { executor, baseUrl: FIXTURES };
    expect((await loadModel("vit-tower-odd", options)).modelType).toBe("vit_model");
    await expect(loadModel("vit-tower-odd", { ...options, modelType: "vit" })).rejects.toThrow(
      /expected model_type vit/,
    );
  });

  test("questions to a DeiT", async () => {
    expect((await classify(deit, picture, { k: 1 }))[0]!.label).toMatch(/^label \d$/);
    expect(await sameMaps(deit, "deit.encoder.layer")).toEqual([18, 18]);
  });
});
