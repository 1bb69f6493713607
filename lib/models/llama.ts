/**
 * Llama: a stack of decoder layers, each of which lets a token look back at those before it and then think on its own.
 * Llama 2: https://arxiv.org/abs/2307.09288   Llama 3: https://arxiv.org/abs/2407.21783
 * Weights and names: Hugging Face transformers, `models/llama/modeling_llama.py`.
 *
 * A weight has the same path here as in the checkpoint, in camelCase:
 * `model.layers.3.self_attn.q_proj.weight` is `model.layers[3].selfAttn.qProj.weight`.
 *
 * Shapes:  B rows of text   T tokens of this pass   P tokens of earlier passes, in the cache   S = P + T keys
 *          D hidden size   H heads of queries   KV heads of keys and values, H / KV queries share one   E = headDim
 *          V vocabulary
 *
 * Leaves out: dropout, and the tensor-parallel split of `pretraining_tp`.
 */
import {
  activations,
  attention,
  attentionWithLogSumExp,
  gatedMlp,
  linear,
  mergeHeads,
  rmsNorm,
  rotate,
  splitHeads,
  type ActivationName,
  type Linear,
  type RmsNorm,
  type RopeScaling,
} from "../nn";
import type { Tensor } from "../tensor";
import type { Shapes } from "../weights";
import { advance, type DecoderState } from "./decoder-state";
import { remember } from "./key-value-cache";
import { under, wanted, type Probe } from "./probe";

/** As in config.json. In brackets: what a file that is silent means. */
export type LlamaConfig = {
  /** V [32000] */
  vocabSize: number;
  /** D, numbers per token [4096] */
  hiddenSize: number;
  /** Numbers per token inside an MLP [11008] */
  intermediateSize: number;
  /** [32] */
  numHiddenLayers: number;
  /** H [32] */
  numAttentionHeads: number;
  /** KV, which divides H [H] */
  numKeyValueHeads: number;
  /** E, numbers per head, even [D / H] */
  headDim: number;
  /** [silu] */
  hiddenAct: ActivationName;
  /** Positions that it was trained for; more is allowed, and gets worse [2048] */
  maxPositionEmbeddings: number;
  /** Added to a mean square before its root [1e-6] */
  rmsNormEps: number;
  /** The slowest pair of numbers turns once in about 2π · ropeTheta positions [10000] */
  ropeTheta: number;
  /** How positions beyond those of the first training are squeezed in [none] */
  ropeScaling?: RopeScaling;
  /** Whether the four projections of attention have a bias [false] */
  attentionBias: boolean;
  /** Whether the three matrices of an MLP have a bias [false] */
  mlpBias: boolean;
  /** Whether the embeddings are also the last matrix, and the file has no `lm_head.weight` [false] */
  tieWordEmbeddings: boolean;
};

export type LlamaLayer = {
  inputLayernorm: RmsNorm;
  selfAttn: { qProj: Linear; kProj: Linear; vProj: Linear; oProj: Linear };
  postAttentionLayernorm: RmsNorm;
  mlp: { gateProj: Linear; upProj: Linear; downProj: Linear };
};

export type LlamaModelWeights = {
  embedTokens: { weight: Tensor }; // [V, D]
  layers: LlamaLayer[];
  norm: RmsNorm;
};

export type LlamaWeights = {
  model: LlamaModelWeights;
  lmHead?: Linear; // weight [V, D]; absent when it is tied
};

export type LogitsOptions = {
  /** For how many of the last tokens scores are wanted: 0 means all, and a next token needs 1 [0] */
  logitsToKeep?: number;
};

/** A score for each token of the vocabulary to come next. [B, T, D] -> [B, T or logitsToKeep, V] */
export function llamaForCausalLM(
  inputsEmbeds: Tensor,
  w: LlamaWeights,
  config: LlamaConfig,
  state: DecoderState,
  { logitsToKeep = 0 }: LogitsOptions = {},
  probe?: Probe,
): Tensor {
  const x = llamaModel(inputsEmbeds, w.model, config, state, under("model", probe));
  const logits = lmHead(lastTokens(x, logitsToKeep), w);
  probe?.("logits", logits);
  return logits;
}

/** Rows of the table of embeddings. inputIds [B][T] -> [B, T, D] */
export function embedTokens(
  inputIds: readonly (readonly number[])[],
  w: Pick<LlamaModelWeights, "embedTokens">,
): Tensor {
  const [V, D] = w.embedTokens.weight.shape as [number, number];
  const T = inputIds[0]?.length ?? 0;
  checkIds(inputIds, V);
  return w.embedTokens.weight.gather(inputIds.flat()).reshape([inputIds.length, T, D]);
}

/** All layers and the final norm; the cache, if there is one, then holds these tokens too. [B, T, D] -> [B, T, D] */
export function llamaModel(
  inputsEmbeds: Tensor,
  w: LlamaModelWeights,
  config: LlamaConfig,
  state: DecoderState,
  probe?: Probe,
): Tensor {
  let x = inputsEmbeds;
  probe?.("embedTokens.output", x);
  w.layers.forEach((layer, i) => {
    x = decoderLayer(x, layer, config, state, i, under(`layers.${i}`, probe));
  });
  advance(state);
  x = rmsNorm(x, w.norm, config.rmsNormEps);
  probe?.("norm.output", x);
  return x;
}

/**
 * Tokens look back at each other, then each thinks on its own. [B, T, D] -> [B, T, D]
 * @param index which layer of the cache is this layer's
 */
export function decoderLayer(
  x: Tensor,
  w: LlamaLayer,
  config: LlamaConfig,
  state: DecoderState,
  index: number,
  probe?: Probe,
): Tensor {
  const { rmsNormEps: eps } = config;
  const attended = selfAttention(
    rmsNorm(x, w.inputLayernorm, eps),
    w.selfAttn,
    config,
    state,
    index,
    under("selfAttn", probe),
  );
  x = x.add(attended);
  x = x.add(gatedMlp(rmsNorm(x, w.postAttentionLayernorm, eps), w.mlp, activations[config.hiddenAct]));
  probe?.("output", x);
  return x;
}

function selfAttention(
  x: Tensor,
  w: LlamaLayer["selfAttn"],
  config: LlamaConfig,
  state: DecoderState,
  index: number,
  probe: Probe | undefined,
): Tensor {
  const { numAttentionHeads: H, numKeyValueHeads: KV } = config;
  const { rope, past, cache, mask } = state;
  const q = rotate(splitHeads(linear(x, w.qProj), H), rope); // [B, H, T, E]
  const k = rotate(splitHeads(linear(x, w.kProj), KV), rope); // [B, KV, T, E]
  const v = splitHeads(linear(x, w.vProj), KV); // [B, KV, T, E]
  probe?.("query", q);
  probe?.("key", k);
  probe?.("value", v);

  if (cache) remember(cache, index, past, k, v);
  const { key, value } = cache ? cache.layers[index]! : { key: k, value: v }; // [B, KV, S or more, E]
  // Query t stands at position P + t of the keys, and sees that far. The cache is not filled yet beyond S.
  const options = { causal: { offset: past }, mask, keys: past + x.shape[1]! };

  const { output: heads, logSumExp } = attentionWithLogSumExp(q, key, value, options);
  probe?.("logSumExp", logSumExp);
  const seeProbs = wanted(probe, "probs");
  if (seeProbs) attention(q, key, value, { ...options, probe: seeProbs }); // [B, H, T, S]; rows sum to 1

  const output = linear(mergeHeads(heads), w.oProj); // [B, H, T, E] -> [B, T, H · E] -> [B, T, D]
  probe?.("output", output);
  return output;
}

/** The last few tokens, or all of them for 0: the scores of the others would be thrown away. [B, T, D] -> [B, K, D] */
export function lastTokens(x: Tensor, count: number): Tensor {
  const T = x.shape[1]!;
  return count > 0 && count < T ? x.slice(null, [T - count, T]) : x;
}

/** A score for each token of the vocabulary; tied embeddings are the matrix themselves. [B, T, D] -> [B, T, V] */
export function lmHead(x: Tensor, w: LlamaWeights): Tensor {
  return linear(x, w.lmHead ?? { weight: w.model.embedTokens.weight });
}

/** The shape of every weight, which a checkpoint has to match. */
export function llamaShapes(config: LlamaConfig): Shapes<LlamaWeights> {
  const { vocabSize, hiddenSize, tieWordEmbeddings } = config;
  return {
    model: llamaModelShapes(config),
    ...(tieWordEmbeddings ? {} : { lmHead: { weight: [vocabSize, hiddenSize] } }),
  };
}

/** The same without the last matrix, for models that nest it. */
export function llamaModelShapes(config: LlamaConfig): Shapes<LlamaModelWeights> {
  const { hiddenSize: D, vocabSize: V, numHiddenLayers } = config;
  return {
    embedTokens: { weight: [V, D] },
    layers: Array.from({ length: numHiddenLayers }, () => decoderLayerShapes(config)),
    norm: { weight: [D] },
  };
}

export function decoderLayerShapes(config: LlamaConfig): Shapes<LlamaLayer> {
  const { hiddenSize: D, intermediateSize: F, headDim: E, attentionBias, mlpBias } = config;
  const [queries, keys] = [config.numAttentionHeads * E, config.numKeyValueHeads * E];
  const linear = (inputs: number, outputs: number, bias: boolean) =>
    bias ? { weight: [outputs, inputs], bias: [outputs] } : { weight: [outputs, inputs] };
  return {
    inputLayernorm: { weight: [D] },
    selfAttn: {
      qProj: linear(D, queries, attentionBias),
      kProj: linear(D, keys, attentionBias),
      vProj: linear(D, keys, attentionBias),
      oProj: linear(queries, D, attentionBias),
    },
    postAttentionLayernorm: { weight: [D] },
    mlp: { gateProj: linear(D, F, mlpBias), upProj: linear(D, F, mlpBias), downProj: linear(F, D, mlpBias) },
  };
}

function checkIds(inputIds: readonly (readonly number[])[], V: number): void {
  const T = inputIds[0]?.length ?? 0;
  if (T === 0 || inputIds.some((row) => row.length !== T)) {
    const got = inputIds.map((row) => row.length).slice(0, 8);
    throw new RangeError(
      `decoder: expected inputIds in rows of one length, got rows of ${got.join(", ") || "nothing"}; ` +
        "pad them, and say where in attentionMask",
    );
  }
  const wrong = inputIds.flat().find((id) => !Number.isInteger(id) || id < 0 || id >= V);
  if (wrong !== undefined) throw new RangeError(`decoder: expected token ids from 0 to ${V - 1}, got ${wrong}`);
}
