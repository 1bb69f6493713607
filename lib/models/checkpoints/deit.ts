/** From the files of a DeiT checkpoint to a model that answers. */
import { loadWeights } from "../../weights";
import { deitForImageClassification, deitShapes, type DeiTWeights } from "../deit";
import type { DeiTForImageClassification } from "../encoder-model";
import type { Checkpoint } from "./checkpoint";
import { isOneOf, loadedEncoder, pictureReader } from "./encoder";
import { parseViTConfig } from "./vit-config";

const WITH_TEACHER = "DeiTForImageClassificationWithTeacher";

export async function loadDeiT(checkpoint: Checkpoint): Promise<DeiTForImageClassification> {
  const { config, labels } = parseViTConfig(checkpoint.config, `${checkpoint.folder}config.json`, [
    "DeiTForImageClassification",
    WITH_TEACHER,
  ]);
  const pictures = await pictureReader(checkpoint, "DeiTImageProcessor", config.numChannels);
  const withTeacher = isOneOf(checkpoint.config, [WITH_TEACHER]);
  const loaded = await loadWeights<DeiTWeights>(checkpoint, deitShapes(config, { withTeacher }));

  return {
    modelType: "deit",
    config,
    labels,
    ...pictures,
    ...loadedEncoder(checkpoint, loaded, (inputs: Parameters<DeiTForImageClassification["forward"]>[0], probe) =>
      deitForImageClassification(inputs.pixelValues, loaded.tree, config, probe, inputs),
    ),
  };
}
