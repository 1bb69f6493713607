/**
 * The language model of Llama 3.2 Vision: a Llama whose own layers were not changed, and between them layers that look at
 * the picture. Each of those has two gates; with both at 0 it is not there, and what is left is the Llama it was made from.
 * https://arxiv.org/abs/2407.21783 (section 7.2)
 * Weights and names: Hugging Face transformers, `models/mllama/modeling_mllama.py`.
 *
 * Shapes:  B rows of text   T tokens of this pass   S = images · tiles · tokens per tile, what there is to look at
 *          D hidden size   H heads of queries   KV heads of keys and values   E = headDim   V vocabulary
 */
import {
  activations,
  attention,
  attentionWithLogSumExp,
  gatedMlp,
  linear,
  mergeHeads,
  rmsNorm,
  splitHeads,
  type Linear,
  type RmsNorm,
} from "../nn";
import type { Tensor } from "../tensor";
import type { Shapes } from "../weights";
import { advance, type DecoderState } from "./decoder-state";
import { decoderLayer, decoderLayerShapes, type LlamaConfig, type LlamaLayer } from "./llama";
import { rememberCross, type MllamaCache } from "./mllama-cache";
import { under, wanted, type Probe } from "./probe";

/** As in text_config of config.json; numHiddenLayers counts the layers of both kinds. */
export type MllamaTextConfig = LlamaConfig & {
  /** Which of the layers look at the picture [3, 8, 13, 18, 23, 28, 33, 38] */
  crossAttentionLayers: readonly number[];
};

export type MllamaCrossLayer = {
  inputLayernorm: RmsNorm;
  crossAttn: { qProj: Linear; kProj: Linear; vProj: Linear; oProj: Linear; qNorm: RmsNorm; kNorm: RmsNorm };
  crossAttnAttnGate: Tensor; // [1]
  postAttentionLayernorm: RmsNorm;
  mlp: LlamaLayer["mlp"];
  crossAttnMlpGate: Tensor; // [1]
};

export type MllamaTextWeights = {
  embedTokens: { weight: Tensor }; // [V + 8, D]: the image token is the first of eight that the head cannot say
  layers: (LlamaLayer | MllamaCrossLayer)[];
  norm: RmsNorm;
};

/** Rows of the table of embeddings beyond the vocabulary. */
export const EXTRA_TOKENS = 8;

/** What the tokens of this pass can look at. */
export type CrossState = {
  /** Images that are new in this pass, as the projector gives them: [B, S, D]. Undefined: none. */
  states?: Tensor;
  /** What hides an image from a token, to be added to scores: [B, 1, T, S] */
  mask: Tensor;
  /** 1 for a token that sees an image, else 0: [B, T, 1] */
  sees: Tensor;
};

/**
 * All layers and the final norm. [B, T, D] -> [B, T, D]
 * @param cross undefined when there are no images, now or in the cache: the layers that look at them are left out
 */
export function mllamaTextModel(
  inputsEmbeds: Tensor,
  w: MllamaTextWeights,
  config: MllamaTextConfig,
  state: DecoderState & { cache?: MllamaCache },
  cross: CrossState | undefined,
  probe?: Probe,
): Tensor {
  let x = inputsEmbeds;
  probe?.("embedTokens.output", x);
  let ofText = 0; // layers that look back at the text so far: those that the cache counts
  w.layers.forEach((layer, i) => {
    const here = under(`layers.${i}`, probe);
    if (!("crossAttn" in layer)) x = decoderLayer(x, layer, config, state, ofText++, here);
    else if (cross) x = crossAttentionLayer(x, layer, config, cross, state.cache, i, here);
  });
  advance(state);
  x = rmsNorm(x, w.norm, config.rmsNormEps);
  probe?.("norm.output", x);
  return x;
}

/** Tokens look at the picture, then each thinks on its own; both only as far as a gate lets them. [B, T, D] -> [B, T, D] */
function crossAttentionLayer(
  x: Tensor,
  w: MllamaCrossLayer,
  config: MllamaTextConfig,
  cross: CrossState,
  cache: MllamaCache | undefined,
  index: number,
  probe: Probe | undefined,
): Tensor {
  const { rmsNormEps: eps } = config;
  const seen = crossAttention(rmsNorm(x, w.inputLayernorm, eps), w.crossAttn, config, cross, cache, index, probe);
  x = x.add(seen.mul(w.crossAttnAttnGate.tanh()));
  // A token that sees no image still looks (see crossMask), but does not think about it.
  const thought = gatedMlp(rmsNorm(x, w.postAttentionLayernorm, eps), w.mlp, activations[config.hiddenAct]);
  x = x.add(thought.mul(cross.sees).mul(w.crossAttnMlpGate.tanh()));
  probe?.("output", x);
  return x;
}

/** Queries of the text, keys and values of the images; no positions, and no order. */
function crossAttention(
  x: Tensor,
  w: MllamaCrossLayer["crossAttn"],
  config: MllamaTextConfig,
  { states, mask }: CrossState,
  cache: MllamaCache | undefined,
  index: number,
  probe: Probe | undefined,
): Tensor {
  const { numAttentionHeads: H, numKeyValueHeads: KV, rmsNormEps: eps } = config;
  const q = rmsNorm(splitHeads(linear(x, w.qProj), H), w.qNorm, eps); // [B, H, T, E]
  const fresh = states && {
    key: rmsNorm(splitHeads(linear(states, w.kProj), KV), w.kNorm, eps), // [B, KV, S, E]
    value: splitHeads(linear(states, w.vProj), KV), // [B, KV, S, E]
  };
  // An image's keys and values do not depend on the text: they are made once, and every later token finds them here.
  const { key, value } = cache ? rememberCross(cache, index, fresh) : fresh!;
  probe?.("crossAttn.query", q);
  probe?.("crossAttn.key", key);
  probe?.("crossAttn.value", value);

  const { output: heads, logSumExp } = attentionWithLogSumExp(q, key, value, { mask });
  probe?.("crossAttn.logSumExp", logSumExp);
  const seeProbs = wanted(probe, "crossAttn.probs");
  if (seeProbs) attention(q, key, value, { mask, probe: seeProbs }); // [B, H, T, S]; rows sum to 1

  const output = linear(mergeHeads(heads), w.oProj); // [B, H, T, E] -> [B, T, D]
  probe?.("crossAttn.output", output);
  return output;
}

/** The shape of every weight, which a checkpoint has to match. */
export function mllamaTextShapes(config: MllamaTextConfig): Shapes<MllamaTextWeights> {
  const { hiddenSize: D, vocabSize: V, numHiddenLayers, crossAttentionLayers } = config;
  return {
    embedTokens: { weight: [V + EXTRA_TOKENS, D] },
    layers: Array.from({ length: numHiddenLayers }, (_, i) =>
      crossAttentionLayers.includes(i) ? crossLayerShapes(config) : decoderLayerShapes(config),
    ),
    norm: { weight: [D] },
  };
}

function crossLayerShapes(config: MllamaTextConfig): Shapes<MllamaCrossLayer> {
  const { inputLayernorm, postAttentionLayernorm, selfAttn, mlp } = decoderLayerShapes(config);
  const norm = { weight: [config.headDim] };
  return {
    inputLayernorm,
    crossAttn: { ...selfAttn, qNorm: norm, kNorm: norm },
    crossAttnAttnGate: [1],
    postAttentionLayernorm,
    mlp,
    crossAttnMlpGate: [1],
  };
}
