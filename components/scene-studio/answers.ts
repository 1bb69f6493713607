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

/** Which weights answer, and with which of their eyes. */
export type Choice = { model: string; stage?: string; experts?: readonly string[] };

export type Picture = Parameters<ModelsBuiltin["openPicture"]>[1];
export type Token = { text: string; logprob: number };
type Loaded = Parameters<ModelsBuiltin["openPicture"]>[0];
type Opened = Awaited<ReturnType<ModelsBuiltin["openPicture"]>>;

export type Answers = {
  scenes: ScenesBuiltin;
  /** Token by token; the first candidates come before the first token. */
  ask(choice: Choice, picture: Picture, question: string, signal: AbortSignal): AsyncGenerator<Answered>;
  look(choice: Choice, picture: Picture, question: string, layer: number | undefined): Promise<PictureAttention>;
};

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

  return {
    scenes,
    async *ask(choice, picture, question, signal) {
      const opened = await open(choice, picture);
      signal.throwIfAborted();
      const candidates = await opened.firstTokens(question, { k: 5, signal });
      yield {
        kind: "candidates",
        candidates: candidates.map(({ text, probability }) => ({ label: nameOf(text), probability })),
      };
      for await (const { text, logprob } of opened.ask(question, { signal })) {
        yield { kind: "token", token: { text, logprob } };
      }
    },
    async look(choice, picture, question, layer) {
      const model = await load(choice);
      const { experts } = choice;
      return (await models(life)).pictureAttention(model, picture, question, { layer, experts });
    },
  };
}

/** A special token ends an answer. */
function nameOf(text: string): string {
  return text.startsWith("<|") || text === "" ? "(the end)" : text.trim() || "(a space)";
}
