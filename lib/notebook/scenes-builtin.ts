/** `scenes` in a cell: the synthetic scenes, with the sprites of a style downloaded when a scene first needs them. */
import type { StyleName, styles, things } from "../scenes";
import { openFolderLazily } from "./files";
import type { SceneService } from "./scene-service";

export type ScenesBuiltin = SceneService & {
  /** What can be in a scene; the order is that of the models' classes. */
  things: typeof things;
  styles: typeof styles;
  trainingStyles: readonly StyleName[];
  heldOutStyle: StyleName;
};

/** @param spritesUrl where public/sprites is served; in Node, a folder */
export async function scenesBuiltin(spritesUrl: string): Promise<ScenesBuiltin> {
  const { heldOutStyle, styles, things, trainingStyles } = await import("../scenes");
  return { things, styles, trainingStyles, heldOutStyle, ...(await service(spritesUrl)) };
}

async function service(spritesUrl: string): Promise<SceneService> {
  if (typeof Worker === "function" && typeof location === "object")
    return (await import("./scene-worker-client")).remoteSceneService(spritesUrl);
  return (await import("./scene-service")).sceneService(openFolderLazily(spritesUrl));
}
