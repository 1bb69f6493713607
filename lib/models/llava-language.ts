/** The half of LLaVA and Eagle that reads: text with the tokens of pictures in it, through a Llama. */
import type { Tensor } from "../tensor";
import type { TextInputs } from "./causal-lm";
import { decoderState } from "./decoder-state";
import { embedTokens, llamaForCausalLM, type LlamaConfig, type LlamaWeights } from "./llama";
import { splice } from "./llava-splice";
import { under, type Probe } from "./probe";

/** Text, and what keeps places in it. Later passes over the same cache give tokens alone. */
export type ImageTextInputs = TextInputs & {
  /** All pictures of the batch, in the order of their places: [I, 3, height, width] */
  pixelValues?: Tensor;
  /** Instead of pixelValues: what `imageFeatures` made of them, [I, N, D] */
  imageFeatures?: Tensor;
};

type Reader = {
  /** What errors call the model. */
  modelType: string;
  imageTokenId: number;
  textConfig: LlamaConfig;
  weights: LlamaWeights;
};

/**
 * Scores for each next token. -> [B, T or logitsToKeep, V]
 * @throws RangeError when places and tokens of pictures are not equally many.
 */
export function readText(
  inputs: ImageTextInputs,
  imageFeatures: Tensor | undefined,
  { modelType, imageTokenId, textConfig, weights }: Reader,
  probe?: Probe,
): Tensor {
  const { inputIds = [], cache } = inputs;
  const begins = !cache || cache.length === 0;
  if (!imageFeatures && !inputs.inputsEmbeds && begins && inputIds.some((row) => row.includes(imageTokenId))) {
    throw new RangeError(
      `${modelType}: expected pixelValues for the image tokens (id ${imageTokenId}) in inputIds, got none; ` +
        "model.prepare({ text, pictures }) makes both",
    );
  }
  const x = imageFeatures
    ? splice(modelType, inputIds, imageFeatures, imageTokenId, weights.model)
    : (inputs.inputsEmbeds ?? embedTokens(inputIds, weights.model)); // [B, T, D]
  const [batch, tokens] = x.shape as [number, number, number];
  const state = decoderState(textConfig, { ...inputs, batch, tokens, executor: x.executor });
  const { logitsToKeep } = inputs;
  return llamaForCausalLM(x, weights, textConfig, state, { logitsToKeep }, under("languageModel", probe));
}
