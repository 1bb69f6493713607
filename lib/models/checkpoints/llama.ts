/** From the files of a Llama checkpoint to a model that answers. */
import { loadWeights } from "../../weights";
import type { Checkpoint } from "./checkpoint";
import { readGenerationConfig } from "./generation-config";
import { isLeftOut } from "./left-out";
import { parseLlamaConfig } from "./llama-config";
import { pass } from "./pass";
import { readTokenizer } from "./tokenizer";
import { decoderState } from "../decoder-state";
import { createKeyValueCache } from "../key-value-cache";
import { embedTokens, llamaForCausalLM, llamaShapes, type LlamaWeights } from "../llama";
import type { LlamaForCausalLM } from "../causal-lm";

export async function loadLlama(checkpoint: Checkpoint): Promise<LlamaForCausalLM> {
  const { executor, dtype, folder } = checkpoint;
  const config = parseLlamaConfig(checkpoint.config, `${folder}config.json`);
  const generationConfig = await readGenerationConfig(checkpoint, checkpoint.config);
  const tokenizer = await readTokenizer(checkpoint);
  const weights = await loadWeights<LlamaWeights>(checkpoint, llamaShapes(config), {
    names: (name) => (isLeftOut(name, config.tieWordEmbeddings) ? undefined : name),
  });

  return {
    modelType: "llama",
    config,
    generationConfig,
    tokenizer,
    weights: weights.tree,
    parameterCount: weights.parameterCount,
    bytes: weights.bytes,
    dtype,
    executor,
    createCache: (options) =>
      createKeyValueCache(options, {
        layers: config.numHiddenLayers,
        heads: config.numKeyValueHeads,
        headDim: config.headDim,
        executor,
      }),
    forward: (inputs, options = {}) =>
      pass(executor, options, (probe) => {
        const { inputIds, inputsEmbeds = embedTokens(inputIds ?? [], weights.tree.model), logitsToKeep } = inputs;
        const [batch, tokens] = inputsEmbeds.shape as [number, number, number];
        const state = decoderState(config, { ...inputs, batch, tokens, executor });
        return { logits: llamaForCausalLM(inputsEmbeds, weights.tree, config, state, { logitsToKeep }, probe) };
      }),
    dispose: () => weights.dispose(),
  };
}
