/** From the files of an Eagle checkpoint to a model that answers. */
import { parseImageProcessorConfig, type ImageProcessorConfig } from "../../images";
import { loadWeights } from "../../weights";
import { eagleImageFeatures, eagleImageTokens, eagleShapes, type EagleConfig, type EagleWeights } from "../eagle";
import type { EagleForConditionalGeneration, EagleInputs } from "../eagle-model";
import type { Checkpoint } from "./checkpoint";
import { parseEagleConfig } from "./eagle-config";
import { isLeftOut } from "./left-out";
import { imageTextModel, readTextFiles } from "./llava-parts";

export async function loadEagle(checkpoint: Checkpoint): Promise<EagleForConditionalGeneration> {
  const config = parseEagleConfig(checkpoint.config, `${checkpoint.folder}config.json`);
  const processor = await readProcessor(checkpoint, config);
  const text = await readTextFiles(checkpoint);
  const loaded = await loadWeights<EagleWeights>(checkpoint, eagleShapes(config), {
    names: (name) => (isLeftOut(name, config.textConfig.tieWordEmbeddings) || isUnused(name) ? undefined : name),
  });
  return imageTextModel<"eagle", EagleConfig, EagleWeights, EagleInputs>(checkpoint, {
    modelType: "eagle",
    config,
    processor,
    text,
    loaded,
    imageTokens: eagleImageTokens(config),
    see: (pixelValues, { experts }, probe) => eagleImageFeatures(pixelValues, loaded.tree, config, { experts, probe }),
  });
}

/** Parts of towers that only training needs, or that sum a picture up. */
function isUnused(name: string): boolean {
  return /^vision_towers\.\d+\.(embeddings\.mask_token$|pooler\.)/.test(name);
}

/** Unless a file says otherwise: made a square with the mean colour around it, bicubic, normalised as config.json says. */
async function readProcessor(checkpoint: Checkpoint, config: EagleConfig): Promise<ImageProcessorConfig> {
  const { imageSize, normalization } = config;
  const [height, width] = imageSize;
  const silent = {
    image_processor_type: "LlavaImageProcessor",
    do_pad: true,
    size: { height, width },
    resample: 3,
    do_center_crop: false,
    image_mean: normalization.imageMean,
    image_std: normalization.imageStd,
  };
  const file = `${checkpoint.folder}preprocessor_config.json`;
  const given = await checkpoint.readOptionalJson("preprocessor_config.json");
  const processor = parseImageProcessorConfig(given ?? silent, file, "LlavaImageProcessor");
  const size = processor.cropSize ?? processor.size;
  const got = !size ? "any size" : "shortestEdge" in size ? "any shape" : `${size.height} × ${size.width}`;
  if (got !== `${height} × ${width}`) {
    throw new Error(
      `${file}: expected a size of ${height} × ${width} pixels, as config.json's image_size says, got ${got}`,
    );
  }
  return processor;
}
