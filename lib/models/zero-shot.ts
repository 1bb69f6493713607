/** A question that nobody trained the model for: which of these texts fits the picture? */
import type { Picture } from "../images";
import type { AttentionMask } from "./padding-mask";
import { best, type Answer } from "./classify";
import { disposeTensors } from "./dispose-tensors";
import type { ClipModel, SiglipModel } from "./encoder-model";
import type { InputIds } from "./text-embedding";

export type ZeroShotOptions = {
  /** What is answered, one per text. */
  labels: readonly string[];
  /** The text of a label, where the model has its tokenizer. [label => `This is a photo of ${label}.`] */
  prompt?: (label: string) => string;
  /** The texts as token numbers, one row per label, instead of `prompt`. */
  inputIds?: InputIds;
  /** Of inputIds: 1 for a token, 0 for padding. */
  attentionMask?: AttentionMask;
  /** How many answers [all] */
  k?: number;
  signal?: AbortSignal;
};

/**
 * The labels, best first. CLIP compares the texts with each other, and probabilities sum to 1; SigLIP judges each text on
 * its own, and all of them may be unlikely. Rejects when aborted.
 */
export async function zeroShot(
  model: ClipModel | SiglipModel,
  picture: Picture,
  { labels, k = labels.length, signal, ...texts }: ZeroShotOptions,
): Promise<Answer[]> {
  const { inputIds, attentionMask } = texts.inputIds ? texts : tokens(model, labels, texts.prompt);
  if (inputIds?.length !== labels.length || labels.length === 0) {
    throw new RangeError(
      `zeroShot: expected one text for each of ${labels.length} labels, at least one, got ${inputIds?.length}`,
    );
  }
  const pixelValues = model.preprocess(picture);
  const outputs = await model.forward({ pixelValues, inputIds, attentionMask }, { signal });
  const logits = outputs.logitsPerImage!; // [1, labels]
  const probabilities = model.modelType === "clip" ? logits.softmax() : logits.sigmoid();
  try {
    return best(labels, await probabilities.data(signal), k);
  } finally {
    disposeTensors([pixelValues, outputs, probabilities]);
  }
}

/** The texts of labels, as each model was trained on them. */
function tokens(
  model: ClipModel | SiglipModel,
  labels: readonly string[],
  prompt = (label: string) => `This is a photo of ${label}.`,
): { inputIds: InputIds; attentionMask?: AttentionMask } {
  const { tokenizer } = model;
  if (!tokenizer) {
    throw new Error(
      `zeroShot: expected a tokenizer.json beside the weights of this ${model.modelType}, got none; give inputIds`,
    );
  }
  const { maxPositionEmbeddings: length } = model.config.textConfig;
  const texts = labels.map(prompt);
  // SigLIP saw every text padded to one length, and its padding is not hidden.
  if (model.modelType === "siglip") return { inputIds: tokenizer.encodeBatch(texts, { length }).inputIds };
  const batch = tokenizer.encodeBatch(texts, { paddingSide: "right" });
  return batch.inputIds.some((row) => row.length > length)
    ? tokenizer.encodeBatch(texts, { paddingSide: "right", length })
    : batch;
}
