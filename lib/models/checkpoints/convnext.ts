/** From the files of a ConvNeXt checkpoint to a model that answers. */
import { loadWeights } from "../../weights";
import { convnextLogits, convnextModel, convnextShapes } from "../convnext";
import type { ConvNextModel } from "../encoder-model";
import { linearShape } from "../shapes";
import type { Checkpoint } from "./checkpoint";
import { parseConvNextConfig } from "./convnext-config";
import { encoderOutput, isOneOf, loadedEncoder, pictureReader } from "./encoder";

export async function loadConvNext(checkpoint: Checkpoint): Promise<ConvNextModel> {
  const { config, labels } = parseConvNextConfig(checkpoint.config, `${checkpoint.folder}config.json`);
  const pictures = await pictureReader(checkpoint, "ConvNextImageProcessor", config.numChannels);
  const classifies = isOneOf(checkpoint.config, ["ConvNextForImageClassification"]);
  const classifier = classifies ? linearShape(config.hiddenSizes.at(-1)!, labels.length) : undefined;
  const loaded = await loadWeights<ConvNextModel["weights"]>(
    checkpoint,
    { ...convnextShapes(config), classifier },
    { names: (name) => name.replace(/^convnext\./, "") }, // a classifier's file says it before each name
  );
  const w = loaded.tree;

  return {
    modelType: "convnext",
    config,
    labels: classifies ? labels : [],
    ...pictures,
    ...loadedEncoder(checkpoint, loaded, (inputs: Parameters<ConvNextModel["forward"]>[0], probe) => {
      const output = convnextModel(inputs.pixelValues, w, config, probe);
      const logits = w.classifier && convnextLogits(output.poolerOutput, w.classifier, probe);
      return { ...encoderOutput(output, inputs.outputHiddenStates), ...(logits && { logits }) };
    }),
  };
}
