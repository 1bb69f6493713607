/** The config.json of a Llama: what a sparse file means, both spellings of RoPE, and files that make no sense. */
import { describe, expect, test } from "vitest";
import { parseLlamaConfig } from "../../lib/models";
import { parseGenerationConfig } from "../../lib/models/checkpoints/generation-config";

/** meta-llama/Llama-3.2-1B, as on the Hub. */
const LLAMA_32 = {
  model_type: "llama",
  vocab_size: 128256,
  hidden_size: 2048,
  intermediate_size: 8192,
  num_hidden_layers: 16,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  head_dim: 64,
  max_position_embeddings: 131072,
  rms_norm_eps: 1e-5,
  rope_theta: 500000.0,
  rope_scaling: {
    factor: 32.0,
    high_freq_factor: 4.0,
    low_freq_factor: 1.0,
    original_max_position_embeddings: 8192,
    rope_type: "llama3",
  },
  tie_word_embeddings: true,
};

test("an empty file is Llama 1 with 7B", () => {
  expect(parseLlamaConfig({})).toEqual({
    vocabSize: 32000,
    hiddenSize: 4096,
    intermediateSize: 11008,
    numHiddenLayers: 32,
    numAttentionHeads: 32,
    numKeyValueHeads: 32,
    headDim: 128,
    hiddenAct: "silu",
    maxPositionEmbeddings: 2048,
    rmsNormEps: 1e-6,
    ropeTheta: 10000,
    attentionBias: false,
    mlpBias: false,
    tieWordEmbeddings: false,
  });
});

test("Llama 3.2", () => {
  expect(parseLlamaConfig(LLAMA_32)).toMatchObject({
    numKeyValueHeads: 8,
    headDim: 64,
    ropeTheta: 500000,
    ropeScaling: {
      ropeType: "llama3",
      factor: 32,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalMaxPositionEmbeddings: 8192,
    },
    tieWordEmbeddings: true,
  });
});

test("RoPE before transformers 4.45, since, and since 5", () => {
  const rope = (json: object) => {
    const { ropeTheta, ropeScaling } = parseLlamaConfig(json);
    return { ropeTheta, ropeScaling };
  };
  const linear = { ropeTheta: 10000, ropeScaling: { ropeType: "linear", factor: 2 } };
  expect(rope({ rope_scaling: { type: "linear", factor: 2 } })).toEqual(linear);
  expect(rope({ rope_scaling: { rope_type: "linear", factor: 2 } })).toEqual(linear);
  expect(rope({ rope_parameters: { rope_type: "linear", factor: 2, rope_theta: 10000 } })).toEqual(linear);
  const none = { ropeTheta: 7, ropeScaling: undefined };
  expect(rope({ rope_theta: 7, rope_scaling: null })).toEqual(none);
  expect(rope({ rope_parameters: { rope_type: "default", rope_theta: 7 } })).toEqual(none);
  expect(rope({ rope_theta: 7, rope_parameters: { rope_type: "default" } })).toEqual(none);
});

describe("what makes no sense", () => {
  test.each<[object, string]>([
    [{ hidden_size: -1 }, "hidden_size: expected a whole number"],
    [{ hidden_size: 1e12 }, "hidden_size"],
    [{ vocab_size: "many" }, "vocab_size"],
    [{ num_hidden_layers: 100_000 }, "num_hidden_layers: expected a whole number from 1 to 512"],
    [{ num_key_value_heads: 5 }, "a number that divides num_attention_heads (32)"],
    [{ hidden_size: 4097 }, "a number that divides hidden_size (4097), or a head_dim"],
    [{ head_dim: 7 }, "head_dim: expected an even number"],
    [{ hidden_act: "mish" }, "hidden_act: expected gelu or"],
    [{ rope_scaling: { type: "yarn", factor: 2 } }, 'type: expected default, linear or llama3, got "yarn"'],
    [{ rope_scaling: { rope_type: "dynamic", factor: 2 } }, "rope_type: expected default, linear or llama3"],
    [{ rope_scaling: { rope_type: "linear" } }, "factor: expected a number above 0"],
    [{ rope_scaling: { rope_type: "llama3", factor: 8 } }, "low_freq_factor"],
    [
      { rope_scaling: { ...LLAMA_32.rope_scaling, low_freq_factor: 4, high_freq_factor: 1 } },
      "a number above low_freq_factor (4)",
    ],
    [{ rope_scaling: 5 }, "rope_scaling: expected an object, got 5"],
    [{ rms_norm_eps: 0 }, "rms_norm_eps"],
    [{ attention_bias: "yes" }, "attention_bias: expected true or false"],
  ])("%j", (change, message) => {
    expect(() => parseLlamaConfig(change, "here/config.json")).toThrow(message);
    expect(() => parseLlamaConfig(change, "here/config.json")).toThrow(/^here\/config\.json: /);
  });
});

test("generation_config.json first, then config.json, then nothing", () => {
  expect(
    parseGenerationConfig({ eos_token_id: [3, 4], bos_token_id: 1 }, { eos_token_id: 2, pad_token_id: -1 }),
  ).toEqual({
    bosTokenId: 1,
    eosTokenIds: [3, 4],
    padTokenId: undefined,
  });
  expect(parseGenerationConfig({}, { eos_token_id: 2 }).eosTokenIds).toEqual([2]);
  expect(parseGenerationConfig({}, undefined).eosTokenIds).toEqual([]);
  expect(() => parseGenerationConfig({ eos_token_id: "</s>" }, {})).toThrow(
    "eos_token_id: expected a token id, or a list",
  );
  expect(() => parseGenerationConfig([], {})).toThrow("expected an object");
});
