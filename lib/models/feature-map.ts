/** What an encoder makes of each place of a picture, and of the picture as a whole. */
import type { Picture } from "../images";
import { scope, type Tensor } from "../tensor";
import { disposeTensors } from "./dispose-tensors";
import type {
  ClipVisionModel,
  ConvNextModel,
  Dinov2Model,
  EncoderOutput,
  SiglipVisionModel,
  ViTModel,
} from "./encoder-model";
import type { Model } from "./model";
import { patchGrid } from "./patch-grid";
import { unitLength } from "./similarity";

type Options = { signal?: AbortSignal };

/**
 * A vector for each patch (for ConvNeXt: each place of the last map): pictures of things that are alike, and parts that are
 * alike, have vectors that are alike. Of a dinov2 or a vit_model after the last norm. -> [rows, columns, D], yours to free.
 */
export async function featureMap(model: Model, picture: Picture, options: Options = {}): Promise<Tensor> {
  const { output, height, width } = await look(model, picture, options);
  const { lastHiddenState } = output;
  const map = scope(lastHiddenState.executor, () => {
    if (model.modelType === "convnext") {
      const [, D, rows, columns] = lastHiddenState.shape as [number, number, number, number];
      return lastHiddenState.transpose([0, 2, 3, 1]).reshape([rows, columns, D]);
    }
    const [, T, D] = lastHiddenState.shape as [number, number, number];
    const { rows, columns } = patchGrid({ imageSize: [height, width], patchSize: patchSizeOf(model) });
    const first = specialTokens(model);
    return lastHiddenState.slice(0, [first, T]).reshape([rows, columns, D]);
  });
  disposeTensors(output);
  return map;
}

/**
 * One vector of length 1 for the whole picture: where a model of pictures and texts puts it in their common space, otherwise
 * what stands for the picture in an encoder. -> P or D numbers
 */
export async function imageEmbedding(model: Model, picture: Picture, options: Options = {}): Promise<Float32Array> {
  const { output } = await look(model, picture, options);
  const { imageEmbeds, poolerOutput } = output;
  const whole = imageEmbeds ?? poolerOutput; // [1, P]
  if (!whole) throw new TypeError(`imageEmbedding: expected a model with a pooler, got a ${model.modelType} without`);
  const unit = scope(whole.executor, () => unitLength(whole));
  try {
    return await unit.data(options.signal);
  } finally {
    disposeTensors([output, unit]);
  }
}

/** How many tokens come before those of the patches: class, distillation and register tokens. */
export function specialTokens(model: Model): number {
  const { modelType: type } = model;
  if (type === "dinov2" || type === "dinov2_with_registers") return 1 + model.config.numRegisterTokens;
  if (type === "siglip" || type === "siglip_vision_model") return 0;
  return type === "deit" ? 2 : 1;
}

type Seen = EncoderOutput & { imageEmbeds?: Tensor };

/** A forward pass over one picture. */
async function look(model: Model, picture: Picture, { signal }: Options) {
  const encoder = pictureEncoder(model);
  const pixelValues = encoder.preprocess(picture);
  const [, , height, width] = pixelValues.shape as [number, number, number, number];
  try {
    return { output: await encoder.see(pixelValues, { signal }), height, width };
  } finally {
    pixelValues.dispose();
  }
}

type PictureEncoder = {
  preprocess(picture: Picture): Tensor;
  see(pixelValues: Tensor, options: Options): Promise<Seen>;
};

function pictureEncoder(model: Model): PictureEncoder {
  const { modelType: type } = model;
  if (type === "clip" || type === "siglip") {
    return {
      preprocess: (picture) => model.preprocess(picture),
      async see(pixelValues, options) {
        const { imageEmbeds, visionModelOutput } = await model.forward({ pixelValues }, options);
        return { ...visionModelOutput!, imageEmbeds };
      },
    };
  }
  if (isPictureEncoder(model)) {
    return {
      preprocess: (picture) => model.preprocess(picture),
      see: (pixelValues, options) => model.forward({ pixelValues }, options),
    };
  }
  const hint = type === "vit" ? '; load it with modelType: "vit_model"' : "";
  throw new TypeError(`pictures: expected an encoder of pictures, got a ${type}${hint}`);
}

type PictureModel = ViTModel | Dinov2Model | ConvNextModel | ClipVisionModel | SiglipVisionModel;

function isPictureEncoder(model: Model): model is PictureModel {
  const types: readonly string[] = [
    "vit_model",
    "dinov2",
    "dinov2_with_registers",
    "convnext",
    "clip_vision_model",
    "siglip_vision_model",
  ] satisfies PictureModel["modelType"][];
  return types.includes(model.modelType);
}

function patchSizeOf(model: Model): number {
  const { config } = model;
  if ("visionConfig" in config && "patchSize" in config.visionConfig) return config.visionConfig.patchSize;
  if ("patchSize" in config && typeof config.patchSize === "number") return config.patchSize;
  throw new TypeError(`pictures: expected an encoder that cuts patches, got a ${model.modelType}`);
}
