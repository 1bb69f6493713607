/** Who answers: a model, its stage of training, and which of its encoders look. */

export type Choice = {
  model: string;
  stage?: string;
  /** Of a model with several encoders: those that look [all] */
  experts?: readonly string[];
};

/** A model of this site that answers questions, as its files tell. */
export type StudioModel = {
  id: string;
  /** Bytes of its weights. */
  bytes: number;
  /** `experts`: where a stage has others than the finished model. */
  stages: readonly { name: string; words: string; experts?: readonly string[] }[];
  /** Names of its encoders, if it has several. */
  experts: readonly string[];
};

/** The encoders that a model has at a stage. */
export function expertsAt(model: StudioModel, stage: string | undefined): readonly string[] {
  return model.stages.find(({ name }) => name === stage)?.experts ?? model.experts;
}

/** What was wished for, as far as the model has it: a stage that it knows, some of the encoders of that stage. */
export function choiceOf(model: StudioModel, { stage, experts }: Omit<Partial<Choice>, "model">): Choice {
  const known = model.stages.some(({ name }) => name === stage) ? stage : undefined;
  const all = expertsAt(model, known);
  const looking = experts && all.filter((name) => experts.includes(name));
  return {
    model: model.id,
    ...(known === undefined ? {} : { stage: known }),
    ...(looking && looking.length < all.length ? { experts: looking } : {}),
  };
}

/** What a model is, in a sentence, and the lesson that takes it apart. */
export const about: Readonly<Record<string, { words: string; lesson: string }>> = {
  eagle: {
    words: "Several encoders look at once. What they see is joined, place by place, and the language model reads it.",
    lesson: "/course/mixture-of-encoders/why-one-encoder-is-not-enough/",
  },
  mllama: {
    words: "The language model is frozen. Layers between its own look at the picture, by cross-attention.",
    lesson: "/course/llama-3-2-vision/adapters-by-cross-attention/",
  },
};
