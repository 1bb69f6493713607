import type { Tensor } from "../../tensor";
import type { Between } from "../eagle-experts";

/** `fusion` in config.json. In brackets: what a file that is silent means. */
export type FusionConfig =
  | { type: "sequence_append" | "channel_concatenation" | "llava_hr" | "mini_gemini" }
  | {
      type: "deformable_attention";
      /** M, which divides the first expert's channels [8] */
      numHeads: number;
      /** P, points of each level that a head looks at [4] */
      numPoints: number;
      /** [1] */
      numLayers: number;
    };

/** What a fusion asks the experts for. They are numbered as in config.json; `map` computes anew each time. */
export type Experts = {
  count: number;
  /** What an expert sees, on its own grid; `between` may change it after each layer. -> [I, C, rows, columns] */
  map(expert: number, between?: Between): Tensor;
  /** The same on the common grid. -> [I, C', grid rows, grid columns] */
  aligned(expert: number): Tensor;
};

/** Numbers per place of each expert's map: of its own, and on the common grid. */
export type Widths = { native: readonly number[]; aligned: readonly number[] };
