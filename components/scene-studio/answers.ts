/** The models of the studio at work: loads the one that is asked, keeps what it saw of a picture, answers, shows where it looks. */
import {
  builtinValue,
  createBuiltins,
  pageEngine,
  type CellContext,
  type ModelsBuiltin,
  type PictureAttention,
  type Progress,
  type ScenesBuiltin,
} from "../../lib/notebook";
import type { Choice, StudioModel } from "./choice";

export type Picture = Parameters<ModelsBuiltin["openPicture"]>[1];
export type Token = { text: string; logprob: number };
type Loaded = Parameters<ModelsBuiltin["openPicture"]>[0];
type Opened = Awaited<ReturnType<ModelsBuiltin["openPicture"]>>;

/** One after the other: they share what the model remembers of a picture. */
export type Answers = {
  scenes: ScenesBuiltin;
  /** The models with what only their files say: which encoders a stage has. */
  withStages(models: readonly StudioModel[]): Promise<StudioModel[]>;
  /** Token by token; the first candidates come before the first token. */
  ask(choice: Choice, picture: Picture, question: string, signal: AbortSignal): AsyncGenerator<Answered>;
  look(choice: Choice, picture: Picture, question: string, layer: number | undefined): Promise<Look>;
  /** How probable the answer's first token is, and what is left of that without each of these encoders. */
  leaveOut(
    choice: Choice,
    picture: Picture,
    question: string,
    experts: readonly string[],
    signal: AbortSignal,
  ): Promise<LeftOut>;
};

/** `by`: how it looks, among the tokens of its text or with layers of their own. */
export type Look = PictureAttention & { by: "attention" | "cross-attention" };

export type LeftOut = { token: string; probability: number; without: { expert: string; probability: number }[] };

export type Answered =
  { kind: "candidates"; candidates: { label: string; probability: number }[] } | { kind: "token"; token: Token };

export async function openAnswers(onProgress: (progress?: Progress) => void): Promise<Answers> {
  const engine = pageEngine();
  const all = createBuiltins({ engine });
  const scenes = (await builtinValue(all, "scenes")) as ScenesBuiltin;
  const context = { id: "studio", progress: onProgress, note: () => {}, confirm: () => Promise.resolve(true) };
  const models = async (signal: AbortSignal) => {
    const builtin = (await builtinValue(all, "models")) as { make(context: Partial<CellContext>): ModelsBuiltin };
    return builtin.make({ ...context, signal });
  };
  const life = new AbortController().signal; // what is loaded and seen outlives a question
  let seen: { key: string; picture: Picture; opened: Promise<Opened> } | undefined;

  const load = async ({ model, stage, experts }: Choice): Promise<Loaded> => {
    const loaded = (await (await models(life)).load(model, stage === undefined ? {} : { stage })) as Loaded;
    if (!experts || loaded.modelType !== "eagle") return loaded;
    // Only a pass that sees the picture is told which experts look.
    const seeing: (typeof loaded)["forward"] = (inputs, options) =>
      loaded.forward(inputs.pixelValues ? { ...inputs, experts } : inputs, options);
    return { ...loaded, forward: seeing };
  };

  /** Each picture is seen once by each choice; only the last one is kept. */
  const open = (choice: Choice, picture: Picture): Promise<Opened> => {
    const key = JSON.stringify(choice);
    if (seen?.key === key && seen.picture === picture) return seen.opened;
    const before = seen?.opened;
    const opened = (async () => {
      (await before?.catch(() => undefined))?.dispose();
      return (await models(life)).openPicture(await load(choice), picture);
    })();
    seen = { key, picture, opened };
    opened.catch(() => (seen = undefined));
    return opened;
  };

  let last: Promise<unknown> = Promise.resolve();
  /** Waits until everybody before is done. -> to be called when one is done oneself */
  const turn = async (signal: AbortSignal): Promise<() => void> => {
    const before = last;
    let done = () => {};
    const own = new Promise<void>((resolve) => (done = resolve));
    last = before.then(() => own);
    try {
      await unlessStopped(before, signal);
    } catch (error) {
      done();
      throw error;
    }
    return done;
  };
  const inTurn = async <T>(work: () => Promise<T>, signal = life): Promise<T> => {
    const done = await turn(signal);
    return work().finally(done);
  };

  return {
    scenes,
    withStages: async (known) => {
      const builtin = await models(life);
      return Promise.all(
        known.map(async (model) => {
          if (model.stages.length === 0) return model;
          const configs = new Map((await builtin.stages(model.id)).map(({ name, config }) => [name, config]));
          const experts = (name: string) => namesOf(configs.get(name)?.vision_configs);
          return { ...model, stages: model.stages.map((stage) => ({ ...stage, experts: experts(stage.name) })) };
        }),
      );
    },
    async *ask(choice, picture, question, signal) {
      const done = await turn(signal);
      try {
        const opened = await unlessStopped(open(choice, picture), signal);
        const candidates = await opened.firstTokens(question, { k: 5, signal });
        yield {
          kind: "candidates",
          candidates: candidates.map(({ text, probability }) => ({ label: nameOf(text), probability })),
        };
        for await (const { text, logprob } of opened.ask(question, { signal })) {
          yield { kind: "token", token: { text, logprob } };
        }
      } finally {
        done();
      }
    },
    look: (choice, picture, question, layer) =>
      inTurn(async () => {
        const model = await load(choice);
        const { experts } = choice;
        const look = await (await models(life)).pictureAttention(model, picture, question, { layer, experts });
        return { ...look, by: model.modelType === "mllama" ? "cross-attention" : "attention" };
      }),
    leaveOut: (choice, picture, question, experts, signal) =>
      inTurn(async () => {
        const [best] = await (await open(choice, picture)).firstTokens(question, { k: 1, signal });
        const without: LeftOut["without"] = [];
        for (const expert of experts) {
          const model = await load({ ...choice, experts: experts.filter((other) => other !== expert) });
          const opened = await (await models(signal)).openPicture(model, picture, { signal });
          try {
            const all = await opened.firstTokens(question, { k: Infinity, signal });
            without.push({ expert, probability: all.find(({ token }) => token === best!.token)!.probability });
          } finally {
            opened.dispose();
          }
        }
        return { token: nameOf(best!.text), probability: best!.probability, without };
      }, signal),
  };
}

/** Whoever stops need not wait for a download, which goes on for the next one. */
function unlessStopped<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** Of a list of an Eagle's encoders, as its config.json has them. */
function namesOf(configs: unknown): string[] | undefined {
  return Array.isArray(configs) ? configs.map((config) => String((config as { name: unknown }).name)) : undefined;
}

/** A special token ends an answer. */
function nameOf(text: string): string {
  return text.startsWith("<|") || text === "" ? "(the end)" : text.trim() || "(a space)";
}
