/** From the files of a ViT checkpoint to a model that answers. */
import { parseImageProcessorConfig, preprocess, processedSize } from "../../images";
import { tensor } from "../../tensor";
import { loadWeights } from "../../weights";
import type { Checkpoint } from "./checkpoint";
import type { ViTForImageClassification } from "../model";
import { pass } from "./pass";
import { parseViTConfig } from "./vit-config";
import { patchGrid } from "../patch-grid";
import { vitForImageClassification, vitShapes, type ViTConfig, type ViTWeights } from "../vit";

export async function loadViT(checkpoint: Checkpoint): Promise<ViTForImageClassification> {
  const { executor, dtype, folder } = checkpoint;
  const { config, labels } = parseViTConfig(checkpoint.config, `${folder}config.json`);
  const processorFile = `${folder}preprocessor_config.json`;
  const processor = parseImageProcessorConfig(await checkpoint.readJson("preprocessor_config.json"), processorFile);
  const { rows, columns } = patchGrid(config);
  const [height, width] = [rows * config.patchSize, columns * config.patchSize];
  checkProcessor(processor, height, width, processorFile);

  const weights = await loadWeights<ViTWeights>(checkpoint, vitShapes(config), {
    hints: { "vit.embeddings.positionEmbeddings": whyPositions(config) },
  });

  return {
    modelType: "vit",
    config,
    labels,
    weights: weights.tree,
    parameterCount: weights.parameterCount,
    bytes: weights.bytes,
    dtype,
    executor,
    processor,
    preprocess(picture) {
      if (config.numChannels !== 3) {
        throw new Error(`vit: expected a model of 3 colour channels for a picture, got one of ${config.numChannels}`);
      }
      const size = processedSize(picture, processor);
      return tensor(preprocess(picture, processor), [1, 3, size.height, size.width], executor);
    },
    forward: ({ pixelValues, ...inputs }, options = {}) =>
      pass(executor, options, (probe) => ({
        logits: vitForImageClassification(pixelValues, weights.tree, config, probe, inputs),
      })),
    dispose: () => weights.dispose(),
  };
}

function checkProcessor(
  processor: ReturnType<typeof parseImageProcessorConfig>,
  height: number,
  width: number,
  file: string,
): void {
  const size = processor.cropSize ?? processor.size;
  if (!size || "shortestEdge" in size) return; // depends on the picture: `forward` will see
  if (size.height !== height || size.width !== width) {
    throw new Error(
      `${file}: expected a size of ${height} × ${width} pixels (height × width), as config.json's image_size says, ` +
        `got ${size.height} × ${size.width}`,
    );
  }
}

function whyPositions(config: ViTConfig): string {
  const { rows, columns } = patchGrid(config);
  return `${rows} × ${columns} patches and a class token, by config.json's image_size and patch_size`;
}
