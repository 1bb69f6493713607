/** From the files of a Llama checkpoint to a model that answers. */
import { scope } from "../../tensor";
import { loadWeights } from "../../weights";
import type { Checkpoint } from "./checkpoint";
import { readGenerationConfig } from "./generation-config";
import { parseLlamaConfig } from "./llama-config";
import { readTokenizer } from "./tokenizer";
import { decoderState } from "../decoder-state";
import { createKeyValueCache } from "../key-value-cache";
import { embedTokens, llamaForCausalLM, llamaShapes, type LlamaWeights } from "../llama";
import type { LlamaForCausalLM } from "../causal-lm";
import { keeping } from "../probe";

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
    forward(inputs, { probe, signal } = {}) {
      // A promise, so that what goes wrong rejects; an executor's work itself never waits here.
      return Promise.resolve().then(() => {
        signal?.throwIfAborted();
        const logits = scope(executor, () => {
          const { inputIds, inputsEmbeds = embedTokens(inputIds ?? [], weights.tree.model), logitsToKeep } = inputs;
          const [batch, tokens] = inputsEmbeds.shape as [number, number, number];
          const state = decoderState(config, { ...inputs, batch, tokens, executor });
          return llamaForCausalLM(inputsEmbeds, weights.tree, config, state, { logitsToKeep }, probe && keeping(probe));
        });
        return { logits };
      });
    },
    dispose: () => weights.dispose(),
  };
}

/** Old files hold the angles of RoPE, which follow from config.json, and some the tied last matrix a second time. */
function isLeftOut(name: string, tied: boolean): boolean {
  return name.endsWith(".rotary_emb.inv_freq") || (tied && name === "lm_head.weight");
}
