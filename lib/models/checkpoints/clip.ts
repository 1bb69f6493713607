/** From the files of a CLIP checkpoint to a model that answers: both towers, or one of them. */
import { linear, type Linear } from "../../nn";
import { loadWeights, type Shapes } from "../../weights";
import {
  clipShapes,
  clipTextModel,
  clipTextShapes,
  clipVisionModel,
  clipVisionShapes,
  type ClipTextWeights,
  type ClipVisionWeights,
  type ClipWeights,
} from "../clip";
import type { ClipModel, ClipTextModel, ClipVisionModel, PairOutput } from "../encoder-model";
import { under } from "../probe";
import { linearShape } from "../shapes";
import { similarity, unitLength } from "../similarity";
import type { Checkpoint } from "./checkpoint";
import { clipPart, parseClipConfig, parseClipTextConfig, parseClipVisionConfig } from "./clip-config";
import { encoderOutput, isOneOf, loadedEncoder, pictureReader } from "./encoder";
import { readTokenizer } from "./tokenizer";

export async function loadClip(checkpoint: Checkpoint): Promise<ClipModel> {
  const config = parseClipConfig(checkpoint.config, `${checkpoint.folder}config.json`);
  const { visionConfig, textConfig } = config;
  const pictures = await pictureReader(checkpoint, "CLIPImageProcessor", visionConfig.numChannels);
  const tokenizer = await readTokenizer(checkpoint, { chat: false });
  const loaded = await loadWeights<ClipWeights>(checkpoint, clipShapes(config), { names: withoutBuffers });
  const w = loaded.tree;

  return {
    modelType: "clip",
    config,
    tokenizer,
    ...pictures,
    ...loadedEncoder(checkpoint, loaded, (inputs: Parameters<ClipModel["forward"]>[0], probe): PairOutput => {
      const { pixelValues, inputIds, outputHiddenStates: all } = inputs;
      const output: PairOutput = {};
      if (pixelValues) {
        const vision = clipVisionModel(pixelValues, w.visionModel, visionConfig, under("visionModel", probe), inputs);
        output.imageEmbeds = unitLength(linear(vision.poolerOutput!, w.visualProjection)); // [I, P]
        output.visionModelOutput = encoderOutput(vision, all);
      }
      if (inputIds) {
        const text = clipTextModel({ ...inputs, inputIds }, w.textModel, textConfig, under("textModel", probe));
        output.textEmbeds = unitLength(linear(text.poolerOutput!, w.textProjection)); // [L, P]
        output.textModelOutput = encoderOutput(text, all);
      }
      const { imageEmbeds, textEmbeds } = output;
      return imageEmbeds && textEmbeds ? { ...output, ...similarity(imageEmbeds, textEmbeds, w) } : output;
    }),
  };
}

/** The tower for pictures, from a file of its own or out of a whole CLIP. */
export async function loadClipVision(checkpoint: Checkpoint): Promise<ClipVisionModel> {
  const { folder } = checkpoint;
  const { part, projectionDim } = towerOf(checkpoint, "vision_config", "CLIPVisionModelWithProjection");
  const config = parseClipVisionConfig(part, `${folder}config.json`);
  const pictures = await pictureReader(checkpoint, "CLIPImageProcessor", config.numChannels);
  const shapes: Shapes<{ visionModel: ClipVisionWeights; visualProjection?: Linear }> = {
    visionModel: clipVisionShapes(config),
    visualProjection: projectionDim ? linearShape(config.hiddenSize, projectionDim, false) : undefined,
  };
  const loaded = await loadWeights<ClipVisionModel["weights"]>(checkpoint, shapes, {
    names: (name) => towerName(name, "vision_model", "visual_projection"),
    only: ["visionModel", "visualProjection"],
  });
  const { visionModel, visualProjection } = loaded.tree;

  return {
    modelType: "clip_vision_model",
    config,
    ...pictures,
    ...loadedEncoder(checkpoint, loaded, (inputs: Parameters<ClipVisionModel["forward"]>[0], probe) => {
      const seen = under("visionModel", probe);
      const output = clipVisionModel(inputs.pixelValues, visionModel, config, seen, inputs);
      const imageEmbeds = visualProjection && linear(output.poolerOutput!, visualProjection); // [B, P]
      return { ...encoderOutput(output, inputs.outputHiddenStates), ...(imageEmbeds && { imageEmbeds }) };
    }),
  };
}

/** The tower for text, from a file of its own or out of a whole CLIP. */
export async function loadClipText(checkpoint: Checkpoint): Promise<ClipTextModel> {
  const { folder } = checkpoint;
  const { part, projectionDim } = towerOf(checkpoint, "text_config", "CLIPTextModelWithProjection");
  const config = parseClipTextConfig(part, `${folder}config.json`);
  const tokenizer = await readTokenizer(checkpoint, { chat: false });
  const shapes: Shapes<{ textModel: ClipTextWeights; textProjection?: Linear }> = {
    textModel: clipTextShapes(config),
    textProjection: projectionDim ? linearShape(config.hiddenSize, projectionDim, false) : undefined,
  };
  const loaded = await loadWeights<ClipTextModel["weights"]>(checkpoint, shapes, {
    names: (name) => towerName(name, "text_model", "text_projection"),
    only: ["textModel", "textProjection"],
  });
  const { textModel, textProjection } = loaded.tree;

  return {
    modelType: "clip_text_model",
    config,
    tokenizer,
    ...loadedEncoder(checkpoint, loaded, (inputs: Parameters<ClipTextModel["forward"]>[0], probe) => {
      const output = clipTextModel(inputs, textModel, config, under("textModel", probe));
      const textEmbeds = textProjection && linear(output.poolerOutput!, textProjection); // [B, P]
      return { ...encoderOutput(output, inputs.outputHiddenStates), ...(textEmbeds && { textEmbeds }) };
    }),
  };
}

/** A tower's config, and P if it has a projection: in a whole CLIP always, in its own file if the class says so. */
function towerOf({ config, folder }: Checkpoint, part: "vision_config" | "text_config", withProjection: string) {
  const { model_type: type, projection_dim: own = 512 } = config as { model_type?: unknown; projection_dim?: unknown };
  if (type === "clip") {
    const { projectionDim } = parseClipConfig(config, `${folder}config.json`);
    return { part: clipPart(config, part), projectionDim };
  }
  const valid = Number.isInteger(own) && (own as number) > 0;
  return { part: config, projectionDim: isOneOf(config, [withProjection]) && valid ? (own as number) : undefined };
}

/** Files that transformers 5 wrote of one tower leave its name out. */
function towerName(name: string, tower: string, projection: string): string | undefined {
  if (withoutBuffers(name) === undefined) return undefined;
  const full = [tower, projection, "vision_model", "text_model", "visual_projection", "text_projection", "logit_scale"];
  return full.some((part) => name === part || name.startsWith(`${part}.`)) ? name : `${tower}.${name}`;
}

/** Older files hold the numbers of the places, 0, 1, 2, ..., which are no weights. */
function withoutBuffers(name: string): string | undefined {
  return name.endsWith(".position_ids") ? undefined : name;
}
