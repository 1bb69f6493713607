/** From the files of a LLaVA checkpoint to a model that answers. */
import { parseImageProcessorConfig } from "../../images";
import { loadWeights } from "../../weights";
import type { LlavaForConditionalGeneration } from "../eagle-model";
import { llavaImageFeatures, llavaImageTokens, llavaShapes, type LlavaConfig, type LlavaWeights } from "../llava";
import type { ImageTextInputs } from "../llava-language";
import type { Checkpoint } from "./checkpoint";
import { isLeftOut } from "./left-out";
import { parseLlavaConfig } from "./llava-config";
import { imageTextModel, readTextFiles } from "./llava-parts";

export async function loadLlava(checkpoint: Checkpoint): Promise<LlavaForConditionalGeneration> {
  const config = parseLlavaConfig(checkpoint.config, `${checkpoint.folder}config.json`);
  const processor = parseImageProcessorConfig(
    await checkpoint.readJson("preprocessor_config.json"),
    `${checkpoint.folder}preprocessor_config.json`,
    "CLIPImageProcessor",
  );
  const text = await readTextFiles(checkpoint);
  const loaded = await loadWeights<LlavaWeights>(checkpoint, llavaShapes(config), {
    names: (name) => {
      const known = hubName(name);
      return isLeftOut(known, config.textConfig.tieWordEmbeddings) ? undefined : known;
    },
  });
  return imageTextModel<"llava", LlavaConfig, LlavaWeights, ImageTextInputs>(checkpoint, {
    modelType: "llava",
    config,
    processor,
    text,
    loaded,
    imageTokens: llavaImageTokens(config),
    see: (pixelValues, _, probe) => llavaImageFeatures(pixelValues, loaded.tree, config, probe),
  });
}

/**
 * Files of several years: the first ones say `language_model.model.layers`, those of transformers 4.52 and later
 * `model.language_model.layers` and `lm_head`, and transformers 5 saves towers without `vision_model`.
 */
function hubName(name: string): string {
  return name
    .replace(/^model\.(?=vision_tower\.|multi_modal_projector\.|language_model\.)/, "")
    .replace(/^lm_head\./, "language_model.lm_head.")
    .replace(/^language_model\.(?=embed_tokens\.|layers\.|norm\.)/, "language_model.model.")
    .replace(/^vision_tower\.(?!vision_model\.)/, "vision_tower.vision_model.");
}
