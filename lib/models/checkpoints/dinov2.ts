/** From the files of a DINOv2 checkpoint, with or without registers, to a model that answers. */
import { loadWeights } from "../../weights";
import { dinov2Logits, dinov2Model, dinov2Shapes } from "../dinov2";
import type { Dinov2Model } from "../encoder-model";
import { linearShape } from "../shapes";
import type { Checkpoint } from "./checkpoint";
import { parseDinov2Config } from "./dinov2-config";
import { encoderOutput, isOneOf, loadedEncoder, pictureReader } from "./encoder";

const CLASSIFIERS = ["Dinov2ForImageClassification", "Dinov2WithRegistersForImageClassification"];

export async function loadDinov2(checkpoint: Checkpoint): Promise<Dinov2Model> {
  const { config, labels } = parseDinov2Config(checkpoint.config, `${checkpoint.folder}config.json`);
  const pictures = await pictureReader(checkpoint, "BitImageProcessor", config.numChannels);
  const classifies = isOneOf(checkpoint.config, CLASSIFIERS);
  const classifier = classifies ? linearShape(2 * config.hiddenSize, labels.length) : undefined;
  const loaded = await loadWeights<Dinov2Model["weights"]>(
    checkpoint,
    { ...dinov2Shapes(config), classifier },
    { names: dinov2Name },
  );
  const w = loaded.tree;

  return {
    modelType: checkpoint.modelType as Dinov2Model["modelType"],
    config,
    labels: classifies ? labels : [],
    ...pictures,
    ...loadedEncoder(checkpoint, loaded, (inputs: Parameters<Dinov2Model["forward"]>[0], probe) => {
      const output = dinov2Model(inputs.pixelValues, w, config, probe);
      const logits = w.classifier && dinov2Logits(output.lastHiddenState, w.classifier, config, probe);
      return { ...encoderOutput(output, inputs.outputHiddenStates), ...(logits && { logits }) };
    }),
  };
}

/** A classifier's file says `dinov2.` before each name; the token for masked patches is of use in training alone. */
function dinov2Name(name: string): string | undefined {
  const own = name.replace(/^dinov2(_with_registers)?\./, "");
  return own === "embeddings.mask_token" ? undefined : own;
}
