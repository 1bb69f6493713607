/**
 * LLaVA: a vision encoder, two matrices, and a language model that reads the picture as words.
 * https://arxiv.org/abs/2304.08485, https://arxiv.org/abs/2310.03744
 * Weights and names: Hugging Face transformers, `models/llava/modeling_llava.py`.
 *
 * A weight has the same path here as in the checkpoints on the Hub, in camelCase: `vision_tower.vision_model.*`,
 * `multi_modal_projector.linear_{1,2}.*`, `language_model.model.*`, `language_model.lm_head.weight`.
 * It is Eagle with one expert, and shares its projector and the way into the text.
 *
 * Shapes:  I pictures   T tokens of the encoder   N tokens of a picture   D hidden size of the language model
 *
 * Leaves out: encoders other than CLIP and SigLIP, language models other than Llama, and pictures in tiles (LLaVA-NeXT).
 */
import type { ActivationName } from "../nn";
import type { Tensor } from "../tensor";
import type { Shapes } from "../weights";
import { clipVisionModel, clipVisionShapes, type ClipVisionConfig, type ClipVisionWeights } from "./clip";
import { llamaShapes, type LlamaConfig, type LlamaWeights } from "./llama";
import { featuresOf, type FeatureLayers } from "./llava-features";
import { projector, projectorShapes, type Projector } from "./llava-projector";
import { patchGrid } from "./patch-grid";
import { under, type Probe } from "./probe";
import { siglipVisionModel, siglipVisionShapes, type SiglipVisionConfig, type SiglipVisionWeights } from "./siglip";

/** As in config.json. In brackets: what a file that is silent means. */
export type LlavaConfig = {
  /** The encoder [clip_vision_model: 24 layers of 1024 numbers, pictures of 336 pixels in patches of 14] */
  visionConfig:
    | ({ modelType: "clip_vision_model" } & ClipVisionConfig)
    | ({ modelType: "siglip_vision_model" } & SiglipVisionConfig);
  textConfig: LlamaConfig;
  /** The token that keeps a place in the text for one token of a picture [32000] */
  imageTokenId: number;
  /** Which of the encoder's states are taken, several side by side [-2] */
  visionFeatureLayer: FeatureLayers;
  /** "default" leaves out the first token, which is CLIP's class token; "full" does not [default] */
  visionFeatureSelectStrategy: "default" | "full";
  /** Between the projector's two matrices [gelu] */
  projectorHiddenAct: ActivationName;
  /** Whether these have a bias [true] */
  multimodalProjectorBias: boolean;
};

export type LlavaWeights = {
  visionTower: { visionModel: ClipVisionWeights | SiglipVisionWeights };
  multiModalProjector: Projector;
  languageModel: LlamaWeights;
};

/** What the language model is told of each picture. pixelValues [I, 3, height, width] -> [I, N, D] */
export function llavaImageFeatures(pixelValues: Tensor, w: LlavaWeights, config: LlavaConfig, probe?: Probe): Tensor {
  const { visionConfig, visionFeatureLayer, visionFeatureSelectStrategy } = config;
  const { visionModel } = w.visionTower;
  const seen = under("visionTower.visionModel", probe);
  const x = featuresOf(
    (options) =>
      visionConfig.modelType === "clip_vision_model"
        ? clipVisionModel(pixelValues, visionModel as ClipVisionWeights, visionConfig, seen, options)
        : siglipVisionModel(pixelValues, visionModel, visionConfig, seen, options),
    visionFeatureLayer,
    visionConfig.numHiddenLayers,
  ); // [I, T, C]
  const selected = visionFeatureSelectStrategy === "default" ? x.slice(null, [1, x.shape[1]!]) : x; // [I, N, C]
  probe?.("visionTower.selected", selected);
  const features = projector(
    selected,
    w.multiModalProjector,
    config.projectorHiddenAct,
    under("multiModalProjector", probe),
  );
  probe?.("imageFeatures", features);
  return features;
}

/** N: how many tokens of the text one picture takes. */
export function llavaImageTokens({ visionConfig, visionFeatureSelectStrategy }: LlavaConfig): number {
  const { rows, columns } = patchGrid(visionConfig);
  const classToken = visionConfig.modelType === "clip_vision_model" ? 1 : 0;
  // SigLIP has no class token, and yet "default" leaves out its first token too: checkpoints with SigLIP say "full".
  return rows * columns + classToken - (visionFeatureSelectStrategy === "default" ? 1 : 0);
}

/** The shape of every weight, which a checkpoint has to match. */
export function llavaShapes(config: LlavaConfig): Shapes<LlavaWeights> {
  const { visionConfig, textConfig, visionFeatureLayer } = config;
  const layers = typeof visionFeatureLayer === "number" ? 1 : visionFeatureLayer.length;
  return {
    visionTower: {
      visionModel:
        visionConfig.modelType === "clip_vision_model"
          ? clipVisionShapes(visionConfig)
          : siglipVisionShapes(visionConfig),
    },
    multiModalProjector: projectorShapes(
      visionConfig.hiddenSize * layers,
      textConfig.hiddenSize,
      config.multimodalProjectorBias,
    ),
    languageModel: llamaShapes(textConfig),
  };
}
