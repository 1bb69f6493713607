/** A question to an image classifier: what is it? */
import type { Picture } from "../images";
import { softmax } from "../nn";
import type { Tensor } from "../tensor";
import { disposeTensors } from "./dispose-tensors";
import type { Model } from "./model";

export type Answer = { label: string; probability: number };

/** The `k` likeliest labels, best first; the probabilities of all labels sum to 1. Rejects when aborted. */
export async function classify(
  model: Model,
  picture: Picture,
  { k = 5, signal }: { k?: number; signal?: AbortSignal } = {},
): Promise<Answer[]> {
  const { labels, ...classifier } = imageClassifier(model);
  const pixelValues = classifier.preprocess(picture);
  const outputs = await classifier.forward({ pixelValues }, { signal });
  const probabilities = softmax(outputs.logits!); // [1, numLabels]
  try {
    const values = await probabilities.data(signal);
    return best(labels, values, k);
  } finally {
    disposeTensors([pixelValues, outputs, probabilities]);
  }
}

/** The `k` labels with the largest numbers, best first. */
export function best(labels: readonly string[], probabilities: ArrayLike<number>, k: number): Answer[] {
  return labels
    .map((label, i) => ({ label, probability: probabilities[i]! }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, k);
}

/** What a model needs to be a classifier: it gives logits for labels, from a picture. */
type ImageClassifier = {
  labels: string[];
  preprocess(picture: Picture): Tensor;
  forward(inputs: { pixelValues: Tensor }, options?: { signal?: AbortSignal }): Promise<{ logits?: Tensor }>;
};

function imageClassifier(model: Model): ImageClassifier {
  if ("labels" in model && model.labels.length > 0) return model;
  throw new TypeError(`classify: expected a model with labels for pictures, got a ${model.modelType} without`);
}
