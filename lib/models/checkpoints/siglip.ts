/** From the files of a SigLIP checkpoint to a model that answers: both towers, or one of them. */
import { loadWeights } from "../../weights";
import type { PairOutput, SiglipModel, SiglipTextModel, SiglipVisionModel } from "../encoder-model";
import { under } from "../probe";
import {
  siglipShapes,
  siglipTextModel,
  siglipTextShapes,
  siglipVisionModel,
  siglipVisionShapes,
  type SiglipWeights,
} from "../siglip";
import { similarity, unitLength } from "../similarity";
import type { Checkpoint } from "./checkpoint";
import { encoderOutput, loadedEncoder, pictureReader } from "./encoder";
import { partOf } from "./encoder-config";
import { parseSiglipConfig, parseSiglipTextConfig, parseSiglipVisionConfig } from "./siglip-config";
import { readTokenizer } from "./tokenizer";

export async function loadSiglip(checkpoint: Checkpoint): Promise<SiglipModel> {
  const config = parseSiglipConfig(checkpoint.config, `${checkpoint.folder}config.json`);
  const { visionConfig, textConfig } = config;
  const pictures = await pictureReader(checkpoint, "SiglipImageProcessor", visionConfig.numChannels);
  const tokenizer = await readTokenizer(checkpoint, { chat: false });
  const loaded = await loadWeights<SiglipWeights>(checkpoint, siglipShapes(config), { names: withoutBuffers });
  const w = loaded.tree;

  return {
    modelType: "siglip",
    config,
    tokenizer,
    ...pictures,
    ...loadedEncoder(checkpoint, loaded, (inputs: Parameters<SiglipModel["forward"]>[0], probe): PairOutput => {
      const { pixelValues, inputIds, outputHiddenStates: all } = inputs;
      const output: PairOutput = {};
      if (pixelValues) {
        const vision = siglipVisionModel(pixelValues, w.visionModel, visionConfig, under("visionModel", probe), inputs);
        output.imageEmbeds = vision.poolerOutput && unitLength(vision.poolerOutput); // [I, P]
        output.visionModelOutput = encoderOutput(vision, all);
      }
      if (inputIds) {
        const text = siglipTextModel({ ...inputs, inputIds }, w.textModel, textConfig, under("textModel", probe));
        output.textEmbeds = unitLength(text.poolerOutput!); // [L, P]
        output.textModelOutput = encoderOutput(text, all);
      }
      const { imageEmbeds, textEmbeds } = output;
      return imageEmbeds && textEmbeds ? { ...output, ...similarity(imageEmbeds, textEmbeds, w) } : output;
    }),
  };
}

/** The tower for pictures, from a file of its own or out of a whole SigLIP. */
export async function loadSiglipVision(checkpoint: Checkpoint): Promise<SiglipVisionModel> {
  const config = parseSiglipVisionConfig(towerConfig(checkpoint, "vision_config"), `${checkpoint.folder}config.json`);
  const pictures = await pictureReader(checkpoint, "SiglipImageProcessor", config.numChannels);
  const shapes = { visionModel: siglipVisionShapes(config) };
  const loaded = await loadWeights<SiglipVisionModel["weights"]>(checkpoint, shapes, {
    names: (name) => towerName(name, "vision_model", config.visionUseHead),
    only: ["visionModel"],
  });

  return {
    modelType: "siglip_vision_model",
    config,
    ...pictures,
    ...loadedEncoder(checkpoint, loaded, (inputs: Parameters<SiglipVisionModel["forward"]>[0], probe) => {
      const { visionModel } = loaded.tree;
      const seen = under("visionModel", probe);
      const output = siglipVisionModel(inputs.pixelValues, visionModel, config, seen, inputs);
      return encoderOutput(output, inputs.outputHiddenStates);
    }),
  };
}

/** The tower for text, from a file of its own or out of a whole SigLIP. */
export async function loadSiglipText(checkpoint: Checkpoint): Promise<SiglipTextModel> {
  const config = parseSiglipTextConfig(towerConfig(checkpoint, "text_config"), `${checkpoint.folder}config.json`);
  const tokenizer = await readTokenizer(checkpoint, { chat: false });
  const shapes = { textModel: siglipTextShapes(config) };
  const loaded = await loadWeights<SiglipTextModel["weights"]>(checkpoint, shapes, {
    names: (name) => towerName(name, "text_model"),
    only: ["textModel"],
  });

  return {
    modelType: "siglip_text_model",
    config,
    tokenizer,
    ...loadedEncoder(checkpoint, loaded, (inputs: Parameters<SiglipTextModel["forward"]>[0], probe) => {
      const output = siglipTextModel(inputs, loaded.tree.textModel, config, under("textModel", probe));
      return encoderOutput(output, inputs.outputHiddenStates);
    }),
  };
}

function towerConfig({ config }: Checkpoint, part: "vision_config" | "text_config"): unknown {
  return (config as { model_type?: unknown }).model_type === "siglip" ? partOf(config, part) : config;
}

/** Files that transformers 5 wrote of one tower leave its name out; a whole SigLIP may bring a head that is not wanted. */
function towerName(name: string, tower: string, head = true): string | undefined {
  if (withoutBuffers(name) === undefined) return undefined;
  const named = /^(vision_model|text_model)\.|^logit_(scale|bias)$/.test(name) ? name : `${tower}.${name}`;
  return !head && named.startsWith(`${tower}.head.`) ? undefined : named;
}

/** Older files hold the numbers of the places, 0, 1, 2, ..., which are no weights. */
function withoutBuffers(name: string): string | undefined {
  return name.endsWith(".position_ids") ? undefined : name;
}
