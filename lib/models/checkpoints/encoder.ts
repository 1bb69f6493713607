/** What the checkpoints of all encoders have in common. */
import {
  parseImageProcessorConfig,
  preprocess,
  processedSize,
  type ImageProcessorConfig,
  type Picture,
} from "../../images";
import { tensor, type Tensor } from "../../tensor";
import type { LoadedWeights } from "../../weights";
import type { EncoderOutput } from "../encoder-model";
import type { ForwardOptions } from "../model";
import type { Probe } from "../probe";
import type { TowerOutput } from "../tower";
import type { Checkpoint } from "./checkpoint";
import { partOf } from "./encoder-config";
import { pass } from "./pass";

/** The part of a loaded model that is the same in all. */
export function loadedEncoder<Weights, Inputs, Output>(
  { executor, dtype }: Checkpoint,
  loaded: LoadedWeights<Weights>,
  compute: (inputs: Inputs, probe?: Probe) => Output,
) {
  return {
    weights: loaded.tree,
    parameterCount: loaded.parameterCount,
    bytes: loaded.bytes,
    dtype,
    executor,
    forward: (inputs: Inputs, options: ForwardOptions = {}): Promise<Output> =>
      pass(executor, options, (probe) => compute(inputs, probe)),
    dispose: () => loaded.dispose(),
  };
}

/** How pictures get into a model: as preprocessor_config.json asks, or as `type` does where there is no such file. */
export async function pictureReader(
  { modelType, folder, executor, ...checkpoint }: Checkpoint,
  type: string,
  numChannels: number,
): Promise<{ processor: ImageProcessorConfig; preprocess(picture: Picture): Tensor }> {
  const own = await checkpoint.readOptionalJson("preprocessor_config.json");
  // Newer files keep the settings for pictures and for text together.
  const both = own ?? partOf(await checkpoint.readOptionalJson("processor_config.json"), "image_processor");
  const name = `${folder}${own === undefined ? "processor_config.json" : "preprocessor_config.json"}`;
  const processor = parseImageProcessorConfig(both, name, type);
  return {
    processor,
    preprocess(picture) {
      if (numChannels !== 3) {
        throw new Error(`${modelType}: expected a model of 3 colour channels for a picture, got one of ${numChannels}`);
      }
      const { height, width } = processedSize(picture, processor);
      return tensor(preprocess(picture, processor), [1, 3, height, width], executor);
    },
  };
}

/** What `forward` gives of a tower. */
export function encoderOutput(
  { lastHiddenState, poolerOutput, hiddenStates }: TowerOutput,
  all: boolean | undefined,
): EncoderOutput {
  return { lastHiddenState, ...(poolerOutput && { poolerOutput }), ...(all && { hiddenStates }) };
}

/** Whether config.json names one of these classes of transformers, which tells what its weights are. */
export function isOneOf(config: unknown, classes: readonly string[]): boolean {
  const { architectures } = config as { architectures?: unknown };
  return Array.isArray(architectures) && architectures.some((name) => classes.includes(name as string));
}
