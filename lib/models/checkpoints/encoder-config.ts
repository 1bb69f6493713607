/** Fields that the config.json of every vision encoder has, and how large a value makes sense. */
import { patchGrid } from "../patch-grid";
import { activations, type ActivationName } from "../../nn";
import type { ClipEncoderConfig } from "../clip-encoder";
import type { ConfigFields } from "./config-fields";

/** Far above any published encoder (ViT-22B: 6144 wide, 48 layers), and far below what a browser could not even list. */
export const MAX = {
  width: 65_536,
  layers: 512,
  pixels: 8192,
  channels: 16,
  labels: 100_000,
  patches: 65_536,
  vocabulary: 4_000_000,
  tokens: 1_048_576,
};

export const activationNames = Object.keys(activations) as ActivationName[];

/** What an encoder of CLIP's and SigLIP's kind is made of. */
export function readEncoder(fields: ConfigFields, defaults: ClipEncoderConfig): ClipEncoderConfig {
  return {
    hiddenSize: fields.count("hidden_size", defaults.hiddenSize, MAX.width),
    intermediateSize: fields.count("intermediate_size", defaults.intermediateSize, MAX.width),
    numHiddenLayers: fields.count("num_hidden_layers", defaults.numHiddenLayers, MAX.layers),
    numAttentionHeads: fields.count("num_attention_heads", defaults.numAttentionHeads, MAX.width),
    hiddenAct: fields.oneOf("hidden_act", activationNames, defaults.hiddenAct),
    layerNormEps: fields.positive("layer_norm_eps", defaults.layerNormEps, 1),
  };
}

/** Pictures and patches that are square, and where they are not, what the file is told. */
export function readSquares(
  fields: ConfigFields,
  defaults: { imageSize: number; patchSize: number },
): { imageSize: number; patchSize: number; numChannels: number } {
  return {
    imageSize: square(fields, "image_size", defaults.imageSize),
    patchSize: square(fields, "patch_size", defaults.patchSize),
    numChannels: fields.count("num_channels", 3, MAX.channels),
  };
}

/** One number of pixels, for both sides. */
export function square(fields: ConfigFields, field: string, fallback: number): number {
  const sides = fields.sides(field, fallback, MAX.pixels);
  return typeof sides === "number" ? sides : fields.wrong(field, "one number, for a square", fallback);
}

/** Notes what does not fit together; call it when each value makes sense on its own. */
export function checkHeads(fields: ConfigFields, config: { hiddenSize: number; numAttentionHeads: number }): void {
  if (config.hiddenSize % config.numAttentionHeads !== 0) {
    fields.wrong("num_attention_heads", `a number that divides hidden_size (${config.hiddenSize})`, null);
  }
}

/** The same for pictures, which have to hold at least one patch and not too many. */
export function checkPatches(
  fields: ConfigFields,
  config: { imageSize: number | readonly [number, number]; patchSize: number },
): void {
  const { rows, columns } = patchGrid(config);
  if (rows < 1 || columns < 1 || rows * columns > MAX.patches) {
    fields.wrong("image_size", `1 to ${MAX.patches} patches of patch_size ${config.patchSize}`, null);
  }
}

/** A part of a config.json, such as its vision_config; an empty one where the file is silent. */
export function partOf(json: unknown, part: string): unknown {
  const value = typeof json === "object" && json !== null ? (json as Record<string, unknown>)[part] : undefined;
  return value ?? {};
}
