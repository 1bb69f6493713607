/**
 * DeiT: a Vision Transformer with one more token, which learnt from a teacher's answers what the class token learnt from
 * labels. https://arxiv.org/abs/2012.12877
 * Weights and names: Hugging Face transformers, `models/deit/modeling_deit.py`. They are those of ViT, under `deit`.
 *
 * Shapes:  B images   C channels   D hidden size   K labels
 */
import { linear, type Linear } from "../nn";
import type { Tensor } from "../tensor";
import type { Shapes } from "../weights";
import { under, type Probe } from "./probe";
import { linearShape } from "./shapes";
import type { TowerOptions } from "./tower";
import { vitModel, vitModelShapes, type ViTConfig, type ViTModelWeights } from "./vit";

/** One classifier, or two, of which one reads the distillation token: weights [K, D] */
export type DeiTWeights = { deit: ViTModelWeights } & (
  { classifier: Linear } | { clsClassifier: Linear; distillationClassifier: Linear }
);

export type DeiTOutput = {
  /** A score for each label; with a teacher, the mean of the two below. [B, K] */
  logits: Tensor;
  clsLogits?: Tensor;
  distillationLogits?: Tensor;
};

/** [B, C, height, width] -> [B, K] */
export function deitForImageClassification(
  pixelValues: Tensor,
  w: DeiTWeights,
  config: ViTConfig,
  probe?: Probe,
  options?: TowerOptions,
): DeiTOutput {
  const { lastHiddenState } = vitModel(pixelValues, w.deit, config, under("deit", probe), options);
  const classToken = lastHiddenState.slice(null, 0); // [B, D]
  if ("classifier" in w) {
    const logits = linear(classToken, w.classifier);
    probe?.("logits", logits);
    return { logits };
  }
  const distillationToken = lastHiddenState.slice(null, 1); // [B, D]
  const clsLogits = linear(classToken, w.clsClassifier);
  const distillationLogits = linear(distillationToken, w.distillationClassifier);
  const logits = clsLogits.add(distillationLogits).mul(0.5);
  probe?.("clsLogits", clsLogits);
  probe?.("distillationLogits", distillationLogits);
  probe?.("logits", logits);
  return { logits, clsLogits, distillationLogits };
}

/**
 * The shape of every weight, which a checkpoint has to match.
 * @param withTeacher whether there are two classifiers
 */
export function deitShapes(config: ViTConfig, { withTeacher }: { withTeacher: boolean }): Shapes<DeiTWeights> {
  const deit = vitModelShapes(config, { distillationToken: true });
  const classifier = linearShape(config.hiddenSize, config.numLabels);
  return withTeacher ? { deit, clsClassifier: classifier, distillationClassifier: classifier } : { deit, classifier };
}
