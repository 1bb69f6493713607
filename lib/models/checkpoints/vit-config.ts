/** Reads the config.json of a ViT; defaults are those of transformers' `configuration_vit.py`. */
import { ConfigFields } from "./config-fields";
import { activationNames } from "./encoder-config";
import { patchGrid } from "../patch-grid";
import type { ViTConfig } from "../vit";

/** Far above any published ViT (ViT-22B: 6144 wide, 48 layers), and far below what a browser could not even list. */
const MAX = { width: 65_536, layers: 512, pixels: 8192, labels: 100_000, patches: 65_536 };

/**
 * @param name what errors call the file
 * @param classes which classes of transformers will do
 * @throws one sentence that lists every value that makes no sense, before anything is allocated.
 */
export function parseViTConfig(
  json: unknown,
  name = "config.json",
  classes: readonly string[] = ["ViTForImageClassification"],
): { config: ViTConfig; labels: string[] } {
  const fields = new ConfigFields(json, name);
  const labels = fields.labels(MAX.labels);
  const patch = fields.sides("patch_size", 16, MAX.pixels);
  const config: ViTConfig = {
    hiddenSize: fields.count("hidden_size", 768, MAX.width),
    numHiddenLayers: fields.count("num_hidden_layers", 12, MAX.layers),
    numAttentionHeads: fields.count("num_attention_heads", 12, MAX.width),
    intermediateSize: fields.count("intermediate_size", 3072, MAX.width),
    hiddenAct: fields.oneOf("hidden_act", activationNames, "gelu"),
    layerNormEps: fields.positive("layer_norm_eps", 1e-12, 1),
    imageSize: fields.sides("image_size", 224, MAX.pixels),
    patchSize: typeof patch === "number" ? patch : fields.wrong("patch_size", "square patches", 16),
    numChannels: fields.count("num_channels", 3, 16),
    qkvBias: fields.flag("qkv_bias", true),
    numLabels: labels.length,
  };
  fields.finish(); // what follows compares values that make sense each on their own

  const { architectures } = json as { architectures?: unknown };
  if (Array.isArray(architectures) && !architectures.some((name) => classes.includes(name as string))) {
    fields.wrong("architectures", classes.join(" or "), null);
  }
  if (config.hiddenSize % config.numAttentionHeads !== 0) {
    fields.wrong("num_attention_heads", `a number that divides hidden_size (${config.hiddenSize})`, null);
  }
  const { rows, columns } = patchGrid(config);
  if ([config.imageSize].flat().some((side) => side % config.patchSize !== 0)) {
    fields.wrong("image_size", `a multiple of patch_size (${config.patchSize})`, null);
  } else if (rows * columns > MAX.patches) {
    fields.wrong("image_size", `at most ${MAX.patches} patches (patch_size is ${config.patchSize})`, null);
  }
  fields.finish();
  return { config, labels };
}
