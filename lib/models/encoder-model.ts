/**
 * What `loadModel` gives for encoders of pictures and of text.
 *
 * Shapes:  B rows of a batch   T tokens   D hidden size   K labels   I pictures   L texts
 *          P size of the space that pictures and texts share
 */
import type { ImageProcessorConfig, Picture } from "../images";
import type { Executor, Tensor } from "../tensor";
import type { Tokenizer } from "../tokenizers";
import type { ComputedDtype } from "../weights";
import type {
  ClipConfig,
  ClipTextConfig,
  ClipTextWeights,
  ClipVisionConfig,
  ClipVisionWeights,
  ClipWeights,
} from "./clip";
import type { ConvNextConfig, ConvNextWeights } from "./convnext";
import type { DeiTOutput, DeiTWeights } from "./deit";
import type { Dinov2Config, Dinov2Weights } from "./dinov2";
import type { Probe } from "./probe";
import type {
  SiglipConfig,
  SiglipTextConfig,
  SiglipTextWeights,
  SiglipVisionConfig,
  SiglipVisionWeights,
  SiglipWeights,
} from "./siglip";
import type { TextTowerInputs } from "./text-embedding";
import type { ViTConfig, ViTModelWeights } from "./vit";
import type { Linear } from "../nn";

/** A Vision Transformer without a classifier: from a file of its own, or out of a classifier's. */
export type ViTModel = PictureEncoder<"vit_model", ViTConfig, ViTModelWeights, EncoderOutput>;

export type DeiTForImageClassification = PictureEncoder<"deit", ViTConfig, DeiTWeights, DeiTOutput> & {
  /** The name of each class; logit k belongs to labels[k]. */
  labels: string[];
};

export type Dinov2Model = Dinov2<"dinov2"> | Dinov2<"dinov2_with_registers">;

type Dinov2<Type extends string> = PictureEncoder<
  Type,
  Dinov2Config,
  Dinov2Weights & { classifier?: Linear },
  EncoderOutput & {
    /** [B, K]; absent without a classifier */
    logits?: Tensor;
  }
> & {
  /** The name of each class; empty without a classifier. */
  labels: string[];
};

export type ConvNextModel = PictureEncoder<
  "convnext",
  ConvNextConfig,
  ConvNextWeights & { classifier?: Linear },
  EncoderOutput & {
    /** [B, K]; absent without a classifier */
    logits?: Tensor;
  }
> & {
  /** The name of each class; empty without a classifier. */
  labels: string[];
};

export type ClipModel = PairEncoder<"clip", ClipConfig, ClipWeights>;
export type SiglipModel = PairEncoder<"siglip", SiglipConfig, SiglipWeights>;

/** The tower for pictures alone: from a file of its own, or out of a CLIP's, whose other weights are not read. */
export type ClipVisionModel = PictureEncoder<
  "clip_vision_model",
  ClipVisionConfig,
  { visionModel: ClipVisionWeights; visualProjection?: Linear },
  EncoderOutput & {
    /** In the space that pictures and texts share, not yet of length 1: [B, P]; absent without a projection */
    imageEmbeds?: Tensor;
  }
>;

export type SiglipVisionModel = PictureEncoder<
  "siglip_vision_model",
  SiglipVisionConfig,
  { visionModel: SiglipVisionWeights },
  EncoderOutput
>;

/** The tower for text alone. */
export type ClipTextModel = TextEncoder<
  "clip_text_model",
  ClipTextConfig,
  { textModel: ClipTextWeights; textProjection?: Linear },
  EncoderOutput & {
    /** In the space that pictures and texts share, not yet of length 1: [B, P]; absent without a projection */
    textEmbeds?: Tensor;
  }
>;

export type SiglipTextModel = TextEncoder<
  "siglip_text_model",
  SiglipTextConfig,
  { textModel: SiglipTextWeights },
  EncoderOutput
>;

export type EncoderModel =
  | ViTModel
  | DeiTForImageClassification
  | Dinov2Model
  | ConvNextModel
  | ClipModel
  | ClipVisionModel
  | ClipTextModel
  | SiglipModel
  | SiglipVisionModel
  | SiglipTextModel;

export type EncoderOutput = {
  /** [B, T, D], after the final norm where there is one; of ConvNeXt the last map, [B, C, H, W] */
  lastHiddenState: Tensor;
  /** What stands for the whole: [B, D]; absent where the model has no such part */
  poolerOutput?: Tensor;
  /** After the embeddings, then after each layer (of ConvNeXt: each stage), when `outputHiddenStates` asks for them. */
  hiddenStates?: Tensor[];
};

export type PictureInputs = {
  /** [B, C, height, width] */
  pixelValues: Tensor;
  /** Whether pictures may have another size than in training: positions are then stretched over them. [false] */
  interpolatePosEncoding?: boolean;
  /** [false] */
  outputHiddenStates?: boolean;
};

export type TextEncoderInputs = TextTowerInputs & {
  /** [false] */
  outputHiddenStates?: boolean;
};

/** Of a model of pictures and texts; what was not given has no part in the answer. */
export type PairOutput = {
  /** Each of length 1: [I, P] */
  imageEmbeds?: Tensor;
  /** Each of length 1: [L, P] */
  textEmbeds?: Tensor;
  /** How well each text fits each picture: [I, L] */
  logitsPerImage?: Tensor;
  /** The same, transposed: [L, I] */
  logitsPerText?: Tensor;
  visionModelOutput?: EncoderOutput;
  textModelOutput?: EncoderOutput;
};

/** What every loaded encoder has. */
type Loaded<Type extends string, Config, Weights, Inputs, Output> = {
  /** `model_type` in config.json, or the tower that was asked for. */
  modelType: Type;
  config: Config;
  /** Every weight, at the path that it has in files on the Hub, in camelCase. */
  weights: Weights;
  /** Numbers in all weights. */
  parameterCount: number;
  /** Length of the weights in their files, headers included: what a first visit downloads. */
  bytes: number;
  /** What its matrices are computed in. */
  dtype: ComputedDtype;
  /** Where the weights are; what is given to `forward` must be there too. */
  executor: Executor;
  forward(inputs: Inputs, options?: { probe?: Probe; signal?: AbortSignal }): Promise<Output>;
  /** Frees the weights. */
  dispose(): void;
};

type TakesPictures = {
  /** What the checkpoint asks to be done to a picture. */
  processor: ImageProcessorConfig;
  /** Resized, cropped and normalised as the checkpoint asks. -> [1, C, height, width] */
  preprocess(picture: Picture): Tensor;
};

type TakesTexts = {
  /** If there is a tokenizer.json beside the weights. */
  tokenizer?: Tokenizer;
};

type PictureEncoder<Type extends string, Config, Weights, Output> = TakesPictures &
  Loaded<Type, Config, Weights, PictureInputs, Output>;

type TextEncoder<Type extends string, Config, Weights, Output> = TakesTexts &
  Loaded<Type, Config, Weights, TextEncoderInputs, Output>;

type PairEncoder<Type extends string, Config, Weights> = TakesPictures &
  TakesTexts &
  Loaded<Type, Config, Weights, Partial<PictureInputs> & Partial<TextEncoderInputs>, PairOutput>;
