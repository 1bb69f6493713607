/** Reads the config.json of a ConvNeXt; defaults are those of transformers' `configuration_convnext.py`. */
import type { ConvNextConfig } from "../convnext";
import { ConfigFields } from "./config-fields";
import { activationNames, MAX, square } from "./encoder-config";

/**
 * @param name what errors call the file
 * @throws one sentence that lists every value that makes no sense, before anything is allocated.
 */
export function parseConvNextConfig(json: unknown, name = "config.json"): { config: ConvNextConfig; labels: string[] } {
  const fields = new ConfigFields(json, name);
  const { layer_scale_init_value: scale = 1e-6 } = json as { layer_scale_init_value?: unknown };
  const config: ConvNextConfig = {
    numChannels: fields.count("num_channels", 3, MAX.channels),
    patchSize: square(fields, "patch_size", 4),
    hiddenSizes: counts(fields, json, "hidden_sizes", [96, 192, 384, 768], MAX.width),
    depths: counts(fields, json, "depths", [3, 3, 9, 3], MAX.layers),
    hiddenAct: fields.oneOf("hidden_act", activationNames, "gelu"),
    layerNormEps: fields.positive("layer_norm_eps", 1e-12, 1),
    layerScaleInitValue: typeof scale === "number" ? scale : fields.wrong("layer_scale_init_value", "a number", 1e-6),
    imageSize: fields.sides("image_size", 224, MAX.pixels),
  };
  const labels = fields.labels(MAX.labels);
  const stages = config.hiddenSizes.length;
  if (config.depths.length !== stages) fields.wrong("depths", `${stages} numbers, as hidden_sizes has`, null);
  if (fields.count("num_stages", stages, MAX.layers) !== stages) {
    fields.wrong("num_stages", `${stages}, as hidden_sizes has`, null);
  }
  fields.finish();
  return { config, labels };
}

/** A list of whole numbers from 1, a stage each. */
function counts(fields: ConfigFields, json: unknown, field: string, fallback: number[], max: number): number[] {
  const value = (json as Record<string, unknown>)[field] ?? fallback;
  const isCount = (each: unknown) => Number.isInteger(each) && (each as number) >= 1 && (each as number) <= max;
  const good = Array.isArray(value) && value.length >= 1 && value.length <= 16 && value.every(isCount);
  return good ? (value as number[]) : fields.wrong(field, `1 to 16 whole numbers from 1 to ${max}`, fallback);
}
