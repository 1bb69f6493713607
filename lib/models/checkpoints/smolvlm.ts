/** From the files of a SmolVLM or Idefics3 checkpoint to a model that answers. */
import { expandImages, parseSmolVLMProcessor, preprocessSmolVLM, type SmolVLMProcessorConfig } from "../../images";
import { tensor } from "../../tensor";
import { loadWeights } from "../../weights";
import { createKeyValueCache } from "../key-value-cache";
import {
  imageTokens,
  smolvlmForConditionalGeneration,
  smolvlmShapes,
  type SmolVLMConfig,
  type SmolVLMWeights,
} from "../smolvlm";
import type { SmolVLMForConditionalGeneration } from "../smolvlm-model";
import type { Checkpoint } from "./checkpoint";
import { readGenerationConfig } from "./generation-config";
import { isLeftOut } from "./left-out";
import { parseSmolVLMConfig } from "./smolvlm-config";
import { pass } from "./pass";
import { readTokenizer } from "./tokenizer";

export async function loadSmolVLM(checkpoint: Checkpoint): Promise<SmolVLMForConditionalGeneration> {
  const { executor, dtype, folder } = checkpoint;
  const config = parseSmolVLMConfig(checkpoint.config, `${folder}config.json`);
  const processorFile = `${folder}preprocessor_config.json`;
  const processor = parseSmolVLMProcessor(await checkpoint.readJson("preprocessor_config.json"), processorFile);
  checkProcessor(processor, config, processorFile);
  const { text_config: textJson } = checkpoint.config as { text_config?: unknown };
  const generationConfig = await readGenerationConfig(checkpoint, textJson ?? {});
  const tokenizer = await readTokenizer(checkpoint, { pictures: true });
  const loaded = await loadWeights<SmolVLMWeights>(checkpoint, smolvlmShapes(config), {
    names: (name) => (isLeftOut(name, config.tieWordEmbeddings) ? undefined : name),
  });

  return {
    modelType: checkpoint.modelType as "smolvlm", // or idefics3, which is the same
    config,
    generationConfig,
    tokenizer,
    processor,
    weights: loaded.tree,
    parameterCount: loaded.parameterCount,
    bytes: loaded.bytes,
    dtype,
    executor,
    prepare({ text, pictures = [] }) {
      if (!tokenizer) throw new Error("smolvlm: expected a tokenizer.json beside the weights, got none");
      const pixels = pictures.length > 0 ? preprocessSmolVLM([pictures], processor) : undefined;
      const ids = tokenizer.encode(expandImages(text, pixels?.grids[0] ?? [], imageTokens(config)));
      const prompt = { inputIds: [ids], attentionMask: [ids.map(() => 1)] };
      return pixels ? { ...prompt, pixelValues: tensor(pixels.pixelValues, pixels.shape, executor) } : prompt;
    },
    createCache: (options) =>
      createKeyValueCache(options, {
        layers: config.textConfig.numHiddenLayers,
        heads: config.textConfig.numKeyValueHeads,
        headDim: config.textConfig.headDim,
        executor,
      }),
    forward: (inputs, options = {}) =>
      pass(executor, options, (probe) => ({
        logits: smolvlmForConditionalGeneration(inputs, loaded.tree, config, probe),
      })),
    dispose: () => loaded.dispose(),
  };
}

function checkProcessor({ tileSize }: SmolVLMProcessorConfig, { visionConfig }: SmolVLMConfig, file: string): void {
  if (tileSize === visionConfig.imageSize) return;
  throw new Error(
    `${file}: max_image_size: expected tiles of ${String(visionConfig.imageSize)} pixels, as config.json's image_size says, ` +
      `got ${tileSize}`,
  );
}
