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
  attentionWithLogSumExp,
  attention,
  gatedMlp,
  inverseFrequencies,
  linear,
  mergeHeads,
  rmsNorm,
  rope,
  splitHeads,
  type Linear,
  type RmsNorm,
  type RopeScaling,
} from "../nn";
import { tensor, type Executor, type Tensor } from "../tensor";
import type { Shapes } from "../weights";
import { remember, type KeyValueCache } from "./key-value-cache";
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
  hiddenAct: keyof typeof activations;
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

/** What the layers of one forward pass share: where its tokens stand, what they may see, what earlier passes left. */
export type DecoderState = {
  /** Where each token stands, for RoPE: [B][T] */
  positions: readonly (readonly number[])[];
  /** Radians per position, for each pair of numbers of a head: [E / 2] */
  frequencies: Float64Array;
  /** P */
  past: number;
  /** Which of the S positions hold a token, and which padding: [B][S] of 1 and 0 */
  attentionMask: readonly (readonly number[])[];
  /** The same, to be added to scores: [B, 1, 1, S]. Undefined when there is no padding. */
  mask?: Tensor;
  cache?: KeyValueCache;
};

/** Hides a key. Finite, because WGSL lets a GPU assume that there are no infinities; added to any score it stays finite. */
const HIDDEN = -1e30;

/** Rows of the table of embeddings. inputIds [B][T] -> [B, T, D] */
export function embedTokens(inputIds: readonly (readonly number[])[], w: LlamaModelWeights): Tensor {
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
  const { positions, frequencies, past, cache, mask } = state;
  const q = rope(splitHeads(linear(x, w.qProj), H), positions, frequencies); // [B, H, T, E]
  const k = rope(splitHeads(linear(x, w.kProj), KV), positions, frequencies); // [B, KV, T, E]
  const v = splitHeads(linear(x, w.vProj), KV); // [B, KV, T, E]
  probe?.("query", q);
  probe?.("key", k);
  probe?.("value", v);

  if (cache) remember(cache, index, past, k, v);
  const { key, value } = cache ? cache.layers[index]! : { key: k, value: v }; // [B, KV, S or more, E]
  // Query t stands at position P + t of the keys, and sees that far. Positions of the cache beyond S are not filled yet.
  const options = { causal: { offset: past }, mask, keys: past + x.shape[1]! };

  const { output: heads, logSumExp } = attentionWithLogSumExp(q, key, value, options);
  probe?.("logSumExp", logSumExp);
  const seeProbs = wanted(probe, "probs");
  if (seeProbs) attention(q, key, value, { ...options, probe: seeProbs }); // [B, H, T, S]; rows sum to 1

  const output = linear(mergeHeads(heads), w.oProj); // [B, H, T, E] -> [B, T, H · E] -> [B, T, D]
  probe?.("output", output);
  return output;
}

/** A score for each token of the vocabulary. With tied embeddings the table itself is the matrix. [B, T, D] -> [B, T, V] */
export function lmHead(x: Tensor, w: LlamaWeights): Tensor {
  return linear(x, w.lmHead ?? { weight: w.model.embedTokens.weight });
}

export type DecoderStateOptions = {
  /** B and T of this pass. */
  batch: number;
  tokens: number;
  /** 1 for a token, 0 for padding: [B][S], or [B][T] when what is in the cache stays as it is [all 1] */
  attentionMask?: readonly (readonly number[])[];
  /** [B][T] [counted along the attention mask, as transformers' `generate` does] */
  positionIds?: readonly (readonly number[])[];
  cache?: KeyValueCache;
  executor: Executor;
};

/** @throws RangeError when the mask, the positions or the cache do not fit the tokens. */
export function decoderState(
  config: Pick<LlamaConfig, "headDim" | "ropeTheta" | "ropeScaling">,
  { batch, tokens, attentionMask, positionIds, cache, executor }: DecoderStateOptions,
): DecoderState {
  const past = cache?.length ?? 0;
  const keys = past + tokens;
  if (cache && cache.batch !== batch) {
    throw new RangeError(`decoder: expected ${cache.batch} rows, as the cache has, got ${batch}`);
  }
  if (cache && keys > cache.capacity) {
    throw new RangeError(
      `decoder: expected at most ${cache.capacity - past} more tokens, for which the cache has room, got ${tokens}; ` +
        "create it with a larger capacity",
    );
  }
  const whole = wholeMask({ batch, tokens, attentionMask, cache });
  const padded = whole.some((row) => row.includes(0));
  const additive = () => Float32Array.from(whole.flat(), (visible) => (visible ? 0 : HIDDEN));
  const positions = positionIds ?? whole.map((row) => countedPositions(row).slice(past));
  checkRows("positionIds", positions, batch, tokens);
  return {
    positions,
    frequencies: inverseFrequencies(config),
    past,
    attentionMask: whole,
    mask: padded ? tensor(additive(), [batch, 1, 1, keys], executor) : undefined,
    cache,
  };
}

/** Says that the tokens of this pass are in the cache now: the last step of a stack of layers. */
export function advance({ cache, attentionMask }: DecoderState): void {
  if (!cache) return;
  cache.attentionMask = attentionMask.map((row) => [...row]);
  cache.length = attentionMask[0]!.length;
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

/** The mask of all S positions: what the cache remembers, and then this pass. */
function wholeMask({ batch, tokens, attentionMask, cache }: Omit<DecoderStateOptions, "executor">): number[][] {
  const remembered = cache?.attentionMask ?? Array.from({ length: batch }, () => []);
  if (!attentionMask) return remembered.map((row) => [...row, ...new Array<number>(tokens).fill(1)]);
  const past = cache?.length ?? 0;
  const given = attentionMask[0]?.length ?? 0;
  checkRows("attentionMask", attentionMask, batch, given === past + tokens ? past + tokens : tokens);
  if (attentionMask.some((row) => row.some((visible) => visible !== 0 && visible !== 1))) {
    throw new RangeError("decoder: expected an attentionMask of 1 (a token) and 0 (padding), got something else");
  }
  if (given === past + tokens) return attentionMask.map((row) => [...row]);
  return attentionMask.map((row, i) => [...remembered[i]!, ...row]);
}

/** 0, 1, 2, … for the tokens; padding repeats the number before it, and nobody looks at it. */
function countedPositions(mask: readonly number[]): number[] {
  let count = 0;
  return mask.map((visible) => Math.max(0, (count += visible) - 1));
}

function checkRows(what: string, rows: readonly (readonly number[])[], batch: number, length: number): void {
  if (rows.length !== batch || rows.some((row) => row.length !== length)) {
    const got = rows.map((row) => row.length).slice(0, 8);
    throw new RangeError(
      `decoder: expected ${what} of ${batch} × ${length} (rows × tokens), got rows of ${got.join(", ") || "nothing"}`,
    );
  }
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
