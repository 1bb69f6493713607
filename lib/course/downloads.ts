/** How much a lesson downloads: from the real files. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CompiledLesson } from "./compile-lesson";
import type { Problem } from "./problem";

/** What loadModel reads of a checkpoint. */
const CHECKPOINT = ["config.json", "preprocessor_config.json", "model.safetensors"];

/**
 * Bytes of the models in its front matter, and of the sprites if a cell uses `scenes`. A model that does not exist is a
 * problem; `vit-classifier/checkpoints` stands for every checkpoint in that folder.
 */
export function downloadBytes({ file, frontMatter, cells }: CompiledLesson, root: string, problems: Problem[]): number {
  let bytes = cells.some(({ compiled }) => compiled.inputs.includes("scenes"))
    ? size(resolve(root, "public/sprites"))
    : 0;
  for (const model of frontMatter.models) {
    const folder = resolve(root, "public/models", model);
    const checkpoint = existsSync(join(folder, "model.safetensors"));
    if (!checkpoint && !isFolderOfCheckpoints(folder)) {
      problems.push({ file, line: 1, what: `models: there is no public/models/${model}/model.safetensors` });
    } else bytes += checkpoint ? CHECKPOINT.reduce((sum, name) => sum + size(join(folder, name)), 0) : size(folder);
  }
  return bytes;
}

function isFolderOfCheckpoints(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => existsSync(join(folder, name, "model.safetensors")));
}

/** Of a file, or of everything in a folder; 0 when there is none. */
function size(path: string): number {
  if (!existsSync(path)) return 0;
  const found = statSync(path);
  if (!found.isDirectory()) return found.size;
  return readdirSync(path).reduce((sum, name) => sum + size(join(path, name)), 0);
}
