/** `models` in a cell: checkpoints by their id, loaded once per page, with progress where they are asked for. */
import type { Picture } from "../images";
import type {
  Answer,
  AttentionMap,
  ClipModel,
  EagleForConditionalGeneration,
  Fused,
  FuseOptions,
  LoadedModel,
  LoadOptions,
  Model,
  SiglipModel,
  Stage,
  ZeroShotOptions,
} from "../models";
import type { Answering, AskOptions, OpenedPicture } from "../evaluation";
import type { Executor, Tensor } from "../tensor";
import { attentionMemories } from "./attention-memories";
import { perCell, type CellContext, type PerCell } from "./cell-context";
import { either } from "./generation-builtin";
import { measured } from "./measured";
import type { PictureAttention, PictureAttentionOptions } from "./picture-attention";
import { shareLoad, type SharedLoad } from "./shared-load";
import { asStream } from "./stream";

type Load = SharedLoad<LoadedModel>;

/** A page's own models are small; anything larger is asked for, and anything from another site. */
const ASK_FROM = 20e6; // bytes

type OwnOptions = "executor" | "device" | "baseUrl" | "onProgress" | "confirmSize";

export type ModelsBuiltin = {
  /**
   * A model of this site by its id, a checkpoint or a stage of its training, a repository of the Hub ("org/name"), or
   * files that the reader picked. Loaded once; later calls give the same one.
   */
  load(source: string | Iterable<File>, options?: Omit<LoadOptions, OwnOptions>): Promise<LoadedModel>;
  /** A JSON file that lies beside a model, such as "config.json". */
  file(id: string, name: string): Promise<unknown>;
  /** What was measured of a model, eval.json: all of it, or the value at a path such as "training.accuracy". */
  evaluation(id: string, path?: string): Promise<unknown>;
  /** The course of its training: training-log.json. */
  log(id: string): Promise<unknown>;
  /** The likeliest labels, best first. */
  classify(model: Model, picture: Picture, options?: { k?: number; signal?: AbortSignal }): Promise<Answer[]>;
  /** Which of these labels' texts fits the picture, best first; for a clip or a siglip. */
  zeroShot(model: ClipModel | SiglipModel, picture: Picture, options: ZeroShotOptions): Promise<Answer[]>;
  /** A vector for each place of the picture. -> [rows, columns, D] */
  featureMap(model: Model, picture: Picture, options?: { signal?: AbortSignal }): Promise<Tensor>;
  /** One vector of length 1 for the whole picture. */
  imageEmbedding(model: Model, picture: Picture, options?: { signal?: AbortSignal }): Promise<Float32Array>;
  /** Looks at a picture once, for many questions: `(await models.openPicture(eagle, picture)).ask("What is this?")`. */
  openPicture(model: Answering, picture: Picture, options?: AskOptions): Promise<OpenedPicture>;
  /** Where in the picture it looks as it begins its answer, in one layer. */
  pictureAttention(
    model: Answering,
    picture: Picture,
    question: string,
    options?: PictureAttentionOptions,
  ): Promise<PictureAttention>;
  /** What a fusion makes of the maps that a trained Eagle's experts give; any but its own has weights that nobody trained. */
  fuse(model: EagleForConditionalGeneration, picture: Picture, options?: FuseOptions): Fused;
  /** The stages of a model's training, in their order; each loads with models.load(id, { stage: name }). */
  stages(id: string): Promise<Stage[]>;
  /** Where the tokens of a picture look, in one head of one layer, both counted from 0. [T, T] */
  attentionMap(
    model: Model,
    picture: Picture,
    options: { layer: number; head: number; signal?: AbortSignal },
  ): Promise<AttentionMap>;
};

export async function modelsBuiltin(executor: Executor, baseUrl: string): Promise<PerCell<ModelsBuiltin>> {
  const models = await import("../models");
  const { openFolder } = await import("../weights");
  const loads = new Map<unknown, Map<string, Load>>(); // by source, then by options
  const files = new Map<string, Promise<unknown>>();
  const memory = attentionMemories(models.rememberAttention);

  const load = (source: string | Iterable<File>, options: Omit<LoadOptions, OwnOptions>, from?: string): Load => {
    const ofSource = loads.get(source) ?? new Map<string, Load>();
    loads.set(source, ofSource);
    const key = JSON.stringify(options);
    const known = ofSource.get(key);
    if (known) return known;
    const started = shareLoad(({ confirmSize, ...others }) => {
      const asks = (bytes: number) => bytes < ASK_FROM && from === undefined;
      return models.loadModel(source, {
        ...options,
        ...others,
        executor,
        baseUrl,
        confirmSize: (bytes) => asks(bytes) || confirmSize(bytes),
      });
    });
    ofSource.set(key, started);
    started.loaded.catch(() => ofSource.delete(key)); // the next cell may try again
    return started;
  };
  /** The site that a model comes from, if it is not this one. */
  const elsewhere = (source: string | Iterable<File>): string | undefined => {
    if (typeof source !== "string") return undefined;
    const address = models.modelAddress(source, { baseUrl });
    if (!/^https?:/i.test(address) || address.startsWith(baseUrl)) return undefined;
    const { host } = new URL(address);
    return typeof location === "object" && host === location.host ? undefined : host;
  };
  const file = (id: string, name: string) => {
    const folder = `${baseUrl.replace(/\/$/, "")}/${id}`;
    const key = `${folder}/${name}`;
    const read = async () => JSON.parse(new TextDecoder().decode(await openFolder(folder).read(name))) as unknown;
    if (!files.has(key)) {
      const file = read();
      file.catch(() => files.delete(key));
      files.set(key, file);
    }
    return files.get(key)!;
  };

  return perCell((context: CellContext): ModelsBuiltin => {
    const ending = <Options extends { signal?: AbortSignal }>(options?: Options) =>
      ({ ...options, signal: either(context.signal, options?.signal) }) as Options & { signal: AbortSignal };
    return {
      async load(source, { signal, ...options } = {}) {
        const { checkpoint } = options;
        const name = typeof source === "string" ? source : "your files";
        const what = checkpoint ? `${name}, ${checkpoint}` : name;
        const from = elsewhere(source);
        const cell = {
          signal: either(context.signal, signal),
          onProgress: (loaded: number, total: number) => context.progress({ what, loaded, total }),
          confirm: (bytes: number, withdrawn: AbortSignal) => context.confirm({ what, from, bytes }, withdrawn),
        };
        const model = await load(source, options, from)
          .join(cell)
          .finally(() => context.progress());
        if (model.note) context.note(model.note);
        return model;
      },
      file,
      async evaluation(id, path) {
        const json = await file(id, "eval.json");
        return path === undefined ? json : measured(json, path, `${id}/eval.json`);
      },
      log: (id) => file(id, "training-log.json"),
      classify: (model, picture, options) => models.classify(model, picture, ending(options)),
      zeroShot: (model, picture, options) => models.zeroShot(model, picture, ending(options)),
      featureMap: (model, picture, options) => models.featureMap(model, picture, ending(options)),
      imageEmbedding: (model, picture, options) => models.imageEmbedding(model, picture, ending(options)),
      async openPicture(model, picture, options) {
        const { openPicture } = await import("../evaluation");
        const opened = await openPicture(model, picture, ending(options));
        context.signal.addEventListener("abort", () => opened.dispose(), { once: true });
        return { ...opened, ask: (question, options) => asStream(opened.ask(question, ending(options))) };
      },
      async pictureAttention(model, picture, question, options) {
        const { pictureAttention } = await import("./picture-attention");
        return pictureAttention(model, picture, question, ending(options));
      },
      fuse: (model, picture, options) => models.fuseExperts(model, picture, ending(options)),
      stages: (id) => models.modelStages(id, { baseUrl, signal: context.signal }),
      attentionMap: (model, picture, options) => memory(model, picture, ending(options)),
    };
  });
}
