/** Scenes, drawn where this runs: in the scenes' worker, or on the page's own thread where there are no workers. */
import {
  drawScene,
  drawWithTruth,
  heldOutStyle,
  loadAtlas,
  questionsOf,
  randomScene,
  sceneFacts,
  sceneTruth,
  styles,
  trainingStyles,
  type Atlas,
  type Picture,
  type Question,
  type Scene,
  type SceneOptions,
  type SceneTruth,
  type StyleName,
} from "../scenes";

export type SceneService = {
  /** A scene from a seed: the same seed and options give the same scene. */
  random(seed: number, options?: SceneOptions): Promise<Scene>;
  /** Its pixels. The same bytes on every machine. */
  draw(scene: Scene): Promise<Picture>;
  /** Where everything is: boxes, and the class of each patch. */
  truth(scene: Scene, options?: { patchSize?: number }): Promise<SceneTruth>;
  /** Questions about it whose answers are beyond doubt, at most `perKind` of each kind [1]. */
  questions(scene: Scene, options?: { seed?: number; perKind?: number }): Promise<Question[]>;
  /** Whether a style has a drawing of a thing. */
  has(thing: string, style: StyleName): Promise<boolean>;
};

type Read = (file: string) => Promise<Uint8Array>;

/** @param read the bytes of a file of public/sprites; each is read once, when a scene first needs it */
export function sceneService(read: Read): SceneService {
  const loaded = new Map<StyleName, Promise<Atlas>>();
  const files = new Map<string, Promise<Uint8Array>>(); // atlas.json is asked for once a style

  const readOnce: Read = (file) => {
    if (!files.has(file)) {
      const bytes = read(file);
      bytes.catch(() => files.delete(file));
      files.set(file, bytes);
    }
    return files.get(file)!;
  };
  const style = (name: StyleName) => {
    if (!loaded.has(name)) {
      const atlas = loadAtlas(readOnce, [name]);
      atlas.catch(() => loaded.delete(name));
      loaded.set(name, atlas);
    }
    return loaded.get(name)!;
  };

  /** One atlas of several sheets. */
  const atlasOf = async (names: Iterable<StyleName>): Promise<Atlas> => {
    const wanted = [...new Set(names)];
    const sheets = new Map(await Promise.all(wanted.map(async (name) => [name, await style(name)] as const)));
    const sheet = (name: StyleName): Atlas => {
      const found = sheets.get(name);
      if (!found)
        throw new Error(
          `scenes: expected one of the styles ${styles.map(({ name }) => name).join(", ")}, got ${String(name)}`,
        );
      return found;
    };
    return {
      styles: wanted,
      has: (thing, name) => sheet(name).has(thing, name),
      straight: (thing, name) => sheet(name).straight(thing, name),
      sprite: (thing, name) => sheet(name).sprite(thing, name),
    };
  };
  const atlasFor = (scene: Scene) =>
    atlasOf(scene.items.flatMap((item) => (item.kind === "thing" ? [item.style] : [])));

  return {
    async random(seed, options = {}) {
      const { style: one, styles: some, split } = options;
      const names = one ? [one] : (some ?? (split === "heldout" ? [heldOutStyle] : trainingStyles));
      return randomScene(seed, options, await atlasOf(names));
    },
    draw: async (scene) => drawScene(scene, await atlasFor(scene)),
    truth: async (scene, options) => sceneTruth(scene, await atlasFor(scene), options),
    async questions(scene, { seed = 0, perKind } = {}) {
      return questionsOf(sceneFacts(scene, drawWithTruth(scene, await atlasFor(scene))), seed, { perKind });
    },
    has: async (thing, name) => (await style(name)).has(thing, name),
  };
}
