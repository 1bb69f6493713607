/** Reads the config.json of a Llama; defaults are those of transformers' `configuration_llama.py`. */
import { activations, type ActivationName, type RopeScaling } from "../../nn";
import type { LlamaConfig } from "../llama";
import { ConfigFields } from "./config-fields";

/** Far above any published Llama (405B: 16,384 wide, 126 layers), and far below what a browser could not even list. */
const MAX = { width: 131_072, layers: 512, vocabulary: 1_048_576, positions: 2 ** 30, theta: 1e12 };

/**
 * Also reads the `text_config` of models that nest a Llama.
 * @param name what errors call the file
 * @throws one sentence that lists every value that makes no sense, before anything is allocated.
 */
export function parseLlamaConfig(json: unknown, name = "config.json"): LlamaConfig {
  const fields = new ConfigFields(json, name);
  const heads = fields.count("num_attention_heads", 32, MAX.width);
  const hiddenSize = fields.count("hidden_size", 4096, MAX.width);
  const config: LlamaConfig = {
    vocabSize: fields.count("vocab_size", 32_000, MAX.vocabulary),
    hiddenSize,
    intermediateSize: fields.count("intermediate_size", 11_008, 4 * MAX.width),
    numHiddenLayers: fields.count("num_hidden_layers", 32, MAX.layers),
    numAttentionHeads: heads,
    numKeyValueHeads: fields.count("num_key_value_heads", heads, MAX.width),
    headDim: fields.count("head_dim", Math.max(1, Math.floor(hiddenSize / heads)), MAX.width),
    hiddenAct: fields.oneOf("hidden_act", Object.keys(activations) as ActivationName[], "silu"),
    maxPositionEmbeddings: fields.count("max_position_embeddings", 2048, MAX.positions),
    rmsNormEps: fields.positive("rms_norm_eps", 1e-6, 1),
    ...parseRope(json, fields, name),
    attentionBias: fields.flag("attention_bias", false),
    mlpBias: fields.flag("mlp_bias", false),
    tieWordEmbeddings: fields.flag("tie_word_embeddings", false),
  };
  fields.finish(); // what follows compares values that make sense each on their own

  if (heads % config.numKeyValueHeads !== 0) {
    fields.wrong("num_key_value_heads", `a number that divides num_attention_heads (${heads})`, null);
  }
  if ((json as { head_dim?: unknown }).head_dim == null && hiddenSize % heads !== 0) {
    fields.wrong("num_attention_heads", `a number that divides hidden_size (${hiddenSize}), or a head_dim`, null);
  }
  if (config.headDim % 2 !== 0) {
    fields.wrong("head_dim", `an even number, because positions turn pairs (${config.headDim} follows here)`, null);
  }
  fields.finish();
  return config;
}

/** `rope_theta` and `rope_scaling`; transformers 5 writes both as `rope_parameters`. */
function parseRope(json: unknown, fields: ConfigFields, name: string): Pick<LlamaConfig, "ropeTheta" | "ropeScaling"> {
  const { rope_parameters, rope_scaling } = json as Record<string, unknown>;
  const field = rope_parameters != null ? "rope_parameters" : "rope_scaling";
  const ropeTheta = fields.positive("rope_theta", 10_000, MAX.theta);
  const given = rope_parameters ?? rope_scaling;
  if (given == null) return { ropeTheta };

  const inner = new ConfigFields(given, `${name}: ${field}`);
  const theta = inner.positive("rope_theta", ropeTheta, MAX.theta);
  const { rope_type: kind, type } = given as { rope_type?: unknown; type?: unknown };
  const ropeType = kind ?? type ?? "default"; // files before 2024 say `type`
  const read = (): RopeScaling => {
    if (ropeType === "default") return { ropeType };
    const factor = inner.positive("factor", Number.NaN, 1e6);
    if (ropeType === "linear") return { ropeType, factor };
    if (ropeType !== "llama3") {
      return inner.wrong(kind === undefined ? "type" : "rope_type", "default, linear or llama3", {
        ropeType: "default",
      });
    }
    const scaling = {
      ropeType,
      factor,
      lowFreqFactor: inner.positive("low_freq_factor", Number.NaN, 1e6),
      highFreqFactor: inner.positive("high_freq_factor", Number.NaN, 1e6),
      originalMaxPositionEmbeddings: inner.count("original_max_position_embeddings", Number.NaN, MAX.positions),
    } as const;
    if (scaling.highFreqFactor <= scaling.lowFreqFactor) {
      inner.wrong("high_freq_factor", `a number above low_freq_factor (${scaling.lowFreqFactor})`, null);
    }
    return scaling;
  };
  const ropeScaling = read();
  inner.finish();
  return ropeScaling.ropeType === "default" ? { ropeTheta: theta } : { ropeTheta: theta, ropeScaling };
}
