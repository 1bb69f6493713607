/** From the files of a Llama 3.2 Vision checkpoint to a model that answers. */
import { parseMllamaProcessor, preprocessMllama, type MllamaProcessorConfig } from "../../images";
import { tensor } from "../../tensor";
import type { Tokenizer } from "../../tokenizers";
import { loadWeights } from "../../weights";
import { mllamaForConditionalGeneration, mllamaShapes, type MllamaConfig, type MllamaWeights } from "../mllama";
import { createMllamaCache } from "../mllama-cache";
import { crossAttentionMask } from "../mllama-mask";
import type { MllamaForConditionalGeneration } from "../mllama-model";
import type { Checkpoint } from "./checkpoint";
import { readGenerationConfig } from "./generation-config";
import { parseMllamaConfig } from "./mllama-config";
import { pass } from "./pass";
import { readTokenizer } from "./tokenizer";

export async function loadMllama(checkpoint: Checkpoint): Promise<MllamaForConditionalGeneration> {
  const { executor, dtype, folder } = checkpoint;
  const config = parseMllamaConfig(checkpoint.config, `${folder}config.json`);
  const { visionConfig, textConfig, imageTokenIndex } = config;
  const processorFile = `${folder}preprocessor_config.json`;
  const processor = parseMllamaProcessor(await checkpoint.readJson("preprocessor_config.json"), processorFile);
  checkProcessor(processor, config, processorFile);
  const { text_config: textJson } = checkpoint.config as { text_config?: unknown };
  const generationConfig = await readGenerationConfig(checkpoint, textJson ?? {});
  const tokenizer = await readTokenizer(checkpoint, { pictures: true });
  const loaded = await loadWeights<MllamaWeights>(checkpoint, mllamaShapes(config), {
    names: hubName,
  });

  return {
    modelType: "mllama",
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
      const ids = typeof text === "string" ? encode(text, tokenizer) : [...text];
      const prompt = { inputIds: [ids], attentionMask: [ids.map(() => 1)] };
      const options = { imageTokenIndex, maxNumTiles: visionConfig.maxNumTiles };
      if (pictures.length === 0) {
        crossAttentionMask(prompt.inputIds, { ...options, numTiles: [[]], images: 0 }); // refuses image tokens
        return prompt;
      }
      const pixels = preprocessMllama([pictures], processor);
      return {
        ...prompt,
        crossAttentionMask: crossAttentionMask(prompt.inputIds, { ...options, numTiles: pixels.numTiles }),
        pixelValues: tensor(pixels.pixelValues, pixels.shape, executor),
        aspectRatioIds: pixels.aspectRatioIds,
        aspectRatioMask: pixels.aspectRatioMask,
      };
    },
    createCache: (options) =>
      createMllamaCache(options, {
        layers: textConfig.numHiddenLayers - textConfig.crossAttentionLayers.length,
        heads: textConfig.numKeyValueHeads,
        headDim: textConfig.headDim,
        executor,
      }),
    forward: (inputs, options = {}) =>
      pass(executor, options, (probe) => ({
        logits: mllamaForConditionalGeneration(inputs, loaded.tree, config, probe),
      })),
    dispose: () => loaded.dispose(),
  };
}

/** transformers 5 saves `model.language_model.layers.…` for what the Hub's files call `language_model.model.layers.…`. */
function hubName(name: string): string {
  if (name === "lm_head.weight") return "language_model.lm_head.weight";
  if (!name.startsWith("model.")) return name;
  return name.replace(/^model\.(language_model\.)?/, (_, text?: string) => (text ? "language_model.model." : ""));
}

function encode(text: string, tokenizer: Tokenizer | undefined): number[] {
  if (!tokenizer) throw new Error("mllama: expected a tokenizer.json beside the weights, got none; give token numbers");
  const { bosTokenId } = tokenizer;
  const first = bosTokenId === undefined ? undefined : tokenizer.tokenOf(bosTokenId);
  const whole = first === undefined ? text : withFirstToken(text, first);
  return tokenizer.encode(whole, { addSpecialTokens: false });
}

/** As transformers' processor: a text without its first token gets it, after the images that it starts with. */
export function withFirstToken(text: string, first: string): string {
  if (text.includes(first)) return text;
  const images = /^(<\|image\|>)*/.exec(text)![0];
  return images + first + text.slice(images.length);
}

function checkProcessor(processor: MllamaProcessorConfig, { visionConfig }: MllamaConfig, file: string): void {
  const { imageSize, maxNumTiles } = visionConfig;
  if (processor.tileSize !== imageSize || processor.maxImageTiles !== maxNumTiles) {
    throw new Error(
      `${file}: expected tiles of ${imageSize} pixels and at most ${maxNumTiles} of them, as config.json says, ` +
        `got ${processor.tileSize} and ${processor.maxImageTiles}`,
    );
  }
}
