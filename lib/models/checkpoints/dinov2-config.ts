/**
 * Reads the config.json of a DINOv2, with or without registers; defaults are those of transformers'
 * `configuration_dinov2.py` and `configuration_dinov2_with_registers.py`, which disagree about the patch size.
 */
import type { Dinov2Config } from "../dinov2";
import { ConfigFields } from "./config-fields";
import { activationNames, checkHeads, checkPatches, MAX, square } from "./encoder-config";

/**
 * @param name what errors call the file
 * @throws one sentence that lists every value that makes no sense, before anything is allocated.
 */
export function parseDinov2Config(json: unknown, name = "config.json"): { config: Dinov2Config; labels: string[] } {
  const fields = new ConfigFields(json, name);
  const { model_type: type } = json as { model_type?: unknown };
  const registers = type === "dinov2_with_registers";
  const config: Dinov2Config = {
    hiddenSize: fields.count("hidden_size", 768, MAX.width),
    numHiddenLayers: fields.count("num_hidden_layers", 12, MAX.layers),
    numAttentionHeads: fields.count("num_attention_heads", 12, MAX.width),
    mlpRatio: fields.positive("mlp_ratio", 4, 64),
    hiddenAct: fields.oneOf("hidden_act", activationNames, "gelu"),
    layerNormEps: fields.positive("layer_norm_eps", 1e-6, 1),
    imageSize: fields.sides("image_size", 224, MAX.pixels),
    patchSize: square(fields, "patch_size", registers ? 16 : 14),
    numChannels: fields.count("num_channels", 3, MAX.channels),
    qkvBias: fields.flag("qkv_bias", true),
    useSwigluFfn: fields.flag("use_swiglu_ffn", false),
    numRegisterTokens: registers ? fields.count("num_register_tokens", 4, MAX.patches) : 0,
    antialiasPositions: registers,
  };
  const labels = fields.labels(MAX.labels);
  fields.finish();
  checkHeads(fields, config);
  checkPatches(fields, config);
  fields.finish();
  return { config, labels };
}
