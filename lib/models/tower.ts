import type { Tensor } from "../tensor";

/** What an encoder gives, of pictures or of text. Shapes: B rows of a batch, T tokens, D hidden size */
export type TowerOutput = {
  /** The last layer's state, after the final norm where the encoder has one. [B, T, D] */
  lastHiddenState: Tensor;
  /** The state after the embeddings, and after each layer, before any final norm. [B, T, D] each */
  hiddenStates: Tensor[];
  /** What stands for the whole picture or text, [B, D]; absent without a pooler, and when the encoder stopped early. */
  poolerOutput?: Tensor;
};

export type TowerOptions = {
  /** How many layers to compute, from the first: `lastHiddenState` is then as the last of them left it. */
  layers?: number;
  /**
   * Whether a picture may have another size than in training: positions are then stretched over it (bicubic). Without it
   * such a picture is refused. DINOv2 takes any size in any case.
   */
  interpolatePosEncoding?: boolean;
};
