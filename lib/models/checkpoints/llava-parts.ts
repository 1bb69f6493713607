/** What the checkpoints of LLaVA and of Eagle have in common: pictures, prompts, a Llama, and how they become a model. */
import { preprocess, processedSize, type ImageProcessorConfig, type Picture } from "../../images";
import { concat, scope, tensor, type Tensor } from "../../tensor";
import type { Tokenizer } from "../../tokenizers";
import type { LoadedWeights } from "../../weights";
import type { GenerationConfig } from "../causal-lm";
import type { ImageTextModel, ImageTextPrompt } from "../eagle-model";
import { createKeyValueCache } from "../key-value-cache";
import type { LlamaConfig, LlamaWeights } from "../llama";
import { readText, type ImageTextInputs } from "../llava-language";
import { expandImageTokens } from "../llava-splice";
import type { Probe } from "../probe";
import type { Checkpoint } from "./checkpoint";
import { readGenerationConfig } from "./generation-config";
import { pass } from "./pass";
import { readTokenizer } from "./tokenizer";

/** The files beside the weights that say how text is read and written. */
type TextFiles = { generationConfig: GenerationConfig; tokenizer?: Tokenizer };

type Parts<Type extends string, Config, Weights, Inputs extends ImageTextInputs> = {
  modelType: Type;
  config: Config & { textConfig: LlamaConfig; imageTokenId: number };
  processor: ImageProcessorConfig;
  text: TextFiles;
  loaded: LoadedWeights<Weights & { languageModel: LlamaWeights }>;
  /** N */
  imageTokens: number;
  /** pixelValues [I, 3, height, width] -> [I, N, D] */
  see: (pixelValues: Tensor, inputs: Pick<Inputs, Extract<keyof Inputs, "experts">>, probe?: Probe) => Tensor;
};

/** To be read before the weights, so that what is wrong with them is told before a long download. */
export async function readTextFiles(checkpoint: Checkpoint): Promise<TextFiles> {
  const { text_config: json } = checkpoint.config as { text_config?: unknown };
  return {
    generationConfig: await readGenerationConfig(checkpoint, json ?? {}),
    tokenizer: await readTokenizer(checkpoint, { pictures: true }),
  };
}

/** The model around what a picture is seen as. */
export function imageTextModel<Type extends string, Config, Weights, Inputs extends ImageTextInputs>(
  { executor, dtype }: Checkpoint,
  { modelType, config, processor, text, loaded, imageTokens, see }: Parts<Type, Config, Weights, Inputs>,
): ImageTextModel<Type, Config, Weights, Inputs> {
  const { textConfig, imageTokenId } = config;
  const { generationConfig, tokenizer } = text;
  const reader = { modelType, imageTokenId, textConfig, weights: loaded.tree.languageModel };

  const pixels = (picture: Picture): Tensor => {
    const { height, width } = processedSize(picture, processor);
    return tensor(preprocess(picture, processor), [1, 3, height, width], executor);
  };

  return {
    modelType,
    config,
    generationConfig,
    tokenizer,
    processor,
    weights: loaded.tree,
    parameterCount: loaded.parameterCount,
    bytes: loaded.bytes,
    dtype,
    executor,
    imageTokens,
    preprocess: pixels,
    expandImageTokens: (inputIds) => expandImageTokens(inputIds, imageTokenId, imageTokens),
    prepare({ text, pictures = [] }): ImageTextPrompt {
      const ids = typeof text === "string" ? encode(modelType, text, tokenizer) : text;
      checkPictures(modelType, ids.filter((id) => id === imageTokenId).length, pictures.length, imageTokenId);
      const row = expandImageTokens(ids, imageTokenId, imageTokens);
      const prompt = { inputIds: [row], attentionMask: [row.map(() => 1)] };
      if (pictures.length === 0) return prompt;
      return { ...prompt, pixelValues: scope(executor, () => concat(pictures.map(pixels), 0)) };
    },
    imageFeatures: (inputs, options = {}) => pass(executor, options, (probe) => see(inputs.pixelValues, inputs, probe)),
    createCache: (options) =>
      createKeyValueCache(options, {
        layers: textConfig.numHiddenLayers,
        heads: textConfig.numKeyValueHeads,
        headDim: textConfig.headDim,
        executor,
      }),
    forward: (inputs, options = {}) =>
      pass(executor, options, (probe) => {
        const features = inputs.pixelValues ? see(inputs.pixelValues, inputs, probe) : inputs.imageFeatures;
        return { logits: readText(inputs, features, reader, probe) };
      }),
    dispose: () => loaded.dispose(),
  };
}

function encode(modelType: string, text: string, tokenizer: Tokenizer | undefined): number[] {
  if (tokenizer) return tokenizer.encode(text);
  throw new Error(`${modelType}: expected a tokenizer.json beside the weights, got none; give token numbers`);
}

function checkPictures(modelType: string, places: number, pictures: number, imageTokenId: number): void {
  if (places === pictures) return;
  throw new RangeError(
    `${modelType}: expected an image token (id ${imageTokenId}) in the text for each picture, ` +
      `got ${places} for ${pictures === 1 ? "1 picture" : `${pictures} pictures`}`,
  );
}
