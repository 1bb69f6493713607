/** From the files of a ViT without its classifier, or with it, to the encoder alone. */
import { loadWeights, WeightsError, type LoadedWeights } from "../../weights";
import type { ViTModel } from "../encoder-model";
import { vitModel, vitModelShapes, type ViTConfig, type ViTModelWeights } from "../vit";
import type { Checkpoint } from "./checkpoint";
import { encoderOutput, isOneOf, loadedEncoder, pictureReader } from "./encoder";
import { parseViTConfig } from "./vit-config";

export async function loadViTModel(checkpoint: Checkpoint): Promise<ViTModel> {
  const { config } = parseViTConfig(checkpoint.config, `${checkpoint.folder}config.json`, [
    "ViTModel",
    "ViTForImageClassification",
  ]);
  const pictures = await pictureReader(checkpoint, "ViTImageProcessor", config.numChannels);
  const loaded = await loadEncoder(checkpoint, config);

  return {
    modelType: "vit_model",
    config,
    ...pictures,
    ...loadedEncoder(checkpoint, loaded, (inputs: Parameters<ViTModel["forward"]>[0], probe) =>
      encoderOutput(vitModel(inputs.pixelValues, loaded.tree, config, probe, inputs), inputs.outputHiddenStates),
    ),
  };
}

/** A ViTModel may have a pooler or not, and its config.json does not say. Nothing is downloaded before names agree. */
async function loadEncoder(checkpoint: Checkpoint, config: ViTConfig): Promise<LoadedWeights<ViTModelWeights>> {
  const load = (pooler: boolean) =>
    loadWeights<ViTModelWeights>(checkpoint, vitModelShapes(config, { pooler }), { names: encoderName });
  if (isOneOf(checkpoint.config, ["ViTForImageClassification"])) return load(false);
  try {
    return await load(true);
  } catch (error) {
    const noPooler = error instanceof WeightsError && error.missing.some((path) => path.startsWith("pooler."));
    if (!noPooler) throw error;
    return load(false);
  }
}

/** A classifier's file says `vit.` before each name; it and the token for masked patches are no part of the encoder. */
function encoderName(name: string): string | undefined {
  const own = name.replace(/^vit\./, "");
  return /^(classifier\.|embeddings\.mask_token$)/.test(own) ? undefined : own;
}
