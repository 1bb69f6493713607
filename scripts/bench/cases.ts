/**
 * What is measured: the shipped models, and one small checkpoint of each other architecture. Add yours here. Small ones
 * say nothing about arithmetic; they say what a pass costs beside it.
 */
import type { Picture } from "../../lib/images";
import type { LoadedModel, Model } from "../../lib/models";
import type { Tensor } from "../../lib/tensor";

/** One pass over pictures or text, as far as the numbers that a reader sees. */
export type EncoderCase = {
  name: string;
  /** Whether the checkpoint comes with the site, or is a fixture of the tests. */
  shipped: boolean;
  encode(model: LoadedModel): () => Promise<Tensor>;
};

/** A prompt, and tokens after it. */
export type DecoderCase = {
  name: string;
  shipped: boolean;
  /** Prompt and capacity: `forward` is given the first, and a cache with room for more. */
  decode(model: LoadedModel): Decoding;
};

export type Decoding = {
  promptLength: number;
  createCache(capacity: number): { dispose(): void };
  prefill(cache: unknown): Promise<Tensor>;
  next(token: number, cache: unknown): Promise<Tensor>;
};

export const encoders: EncoderCase[] = [
  {
    name: "vit-classifier",
    shipped: true,
    encode: (loaded) => {
      const model = expectType(loaded, "vit");
      const { pixelValues } = pictureFor(model);
      return async () => {
        const { logits } = await model.forward({ pixelValues });
        return answerFrom(logits, () => logits.softmax());
      };
    },
  },
  ...(["clip-odd", "siglip-odd"] as const).map((name): EncoderCase => {
    return {
      name,
      shipped: false,
      encode: (loaded) => {
        const model = expectType(loaded, "clip", "siglip");
        const inputs = { ...pictureFor(model), inputIds: [tokens(6, model.config.textConfig.vocabSize)] };
        return async () => keepOnly(await model.forward(inputs), "logitsPerImage");
      },
    };
  }),
  ...(["dinov2-odd", "convnext-odd"] as const).map((name): EncoderCase => {
    return {
      name,
      shipped: false,
      encode: (loaded) => {
        const model = expectType(loaded, "dinov2", "convnext");
        const inputs = pictureFor(model);
        return async () => keepOnly(await model.forward(inputs), "lastHiddenState");
      },
    };
  }),
];

export const decoders: DecoderCase[] = [
  {
    name: "llama-odd",
    shipped: false,
    decode: (loaded) => {
      const model = expectType(loaded, "llama");
      return decoding(model, { inputIds: [tokens(16, model.config.vocabSize)] });
    },
  },
  ...(["llava-clip", "eagle-channel"] as const).map((name): DecoderCase => {
    return {
      name,
      shipped: false,
      decode: (loaded) => {
        const model = expectType(loaded, "llava", "eagle");
        const text = [...tokens(4, 20), model.config.imageTokenId, ...tokens(4, 20)];
        return decoding(model, model.prepare({ text, pictures: [picture(64, 48)] }));
      },
    };
  }),
  {
    name: "mllama-odd",
    shipped: false,
    decode: (loaded) => {
      const model = expectType(loaded, "mllama");
      const text = [model.config.imageTokenIndex, ...tokens(12, 20)];
      return decoding(model, model.prepare({ text, pictures: [picture(64, 48)] }));
    },
  },
  {
    name: "smolvlm-odd",
    shipped: false,
    decode: (loaded) => {
      const model = expectType(loaded, "smolvlm", "idefics3");
      return decoding(model, model.prepare({ text: "<image>a", pictures: [picture(64, 48)] }));
    },
  },
];

type Rows = readonly (readonly number[])[];

/** Any model that continues a text. Each has inputs of its own, which its `prepare` made. */
type Continues = {
  createCache(options: { capacity: number }): { dispose(): void };
  forward(inputs: never): Promise<{ logits: Tensor }>;
};

function decoding(model: Continues, prompt: { inputIds: Rows }): Decoding {
  const logits = async (inputs: object) => (await model.forward(inputs as never)).logits;
  return {
    promptLength: prompt.inputIds[0]!.length,
    createCache: (capacity) => model.createCache({ capacity }),
    prefill: (cache) => logits({ ...prompt, cache, logitsToKeep: 1 }),
    next: (token, cache) => logits({ inputIds: [[token]], cache, logitsToKeep: 1 }),
  };
}

function expectType<Type extends Model["modelType"]>(model: LoadedModel, ...types: Type[]) {
  if (!types.some((type) => type === model.modelType)) {
    throw new Error(`bench: expected a model of type ${types.join(" or ")}, got ${model.modelType}`);
  }
  return model as Extract<Model, { modelType: Type }>;
}

/** The answer that is read; what led to it is freed now, as a page would. */
function answerFrom(logits: Tensor, answer: () => Tensor): Tensor {
  const result = answer();
  logits.dispose();
  return result;
}

/** One of a model's outputs; the others are freed. */
function keepOnly<Output extends object>(output: Output, name: keyof Output & string): Tensor {
  const kept = output[name] as Tensor;
  const visit = (value: unknown) => {
    if (typeof value !== "object" || value === null || value === kept) return;
    if ("dispose" in value) (value as Tensor).dispose();
    else Object.values(value).forEach(visit);
  };
  visit(output);
  return kept;
}

function pictureFor(model: { preprocess(picture: Picture): Tensor }): { pixelValues: Tensor } {
  return { pixelValues: model.preprocess(picture(128, 96)) };
}

/** The same picture on every machine. */
function picture(width: number, height: number): Picture {
  return { width, height, data: Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) => (i * 37) % 251) };
}

/** Numbers of tokens that every vocabulary has. */
function tokens(count: number, vocabulary: number): number[] {
  return Array.from({ length: count }, (_, i) => 1 + ((i * 7) % (vocabulary - 1)));
}
