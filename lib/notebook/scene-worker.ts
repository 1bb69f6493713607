/** The worker that draws scenes, so that neither a sheet of sprites nor a drag keeps the page from scrolling. */
import { openFolder } from "../weights";
import type { SceneAnswer, SceneRequest } from "./scene-worker-client";
import { sceneService, type SceneService } from "./scene-service";

const page = self as unknown as {
  onmessage: (event: MessageEvent<SceneRequest>) => void;
  postMessage(answer: SceneAnswer, transfer: Transferable[]): void;
};

let service: SceneService | undefined;

page.onmessage = ({ data: { id, spritesUrl, method, values } }) => {
  service ??= sceneService((file) => openFolder(spritesUrl).read(file));
  const work = (service as Record<typeof method, (...values: unknown[]) => Promise<unknown>>)[method](...values);
  work.then(
    (value) => page.postMessage({ id, value }, pixelsOf(value)),
    (error: unknown) => page.postMessage({ id, problem: error instanceof Error ? error.message : String(error) }, []),
  );
};

/** A picture's pixels are handed over, not copied. */
function pixelsOf(value: unknown): Transferable[] {
  const data = (value as { data?: unknown } | null)?.data;
  return data instanceof Uint8ClampedArray ? [data.buffer] : [];
}
