/** Attention maps, one after another. */
import type { Picture } from "../images";
import type { AttentionMap, AttentionMemory, Model, rememberAttention } from "../models";

/** The heads of one picture are often looked at together: what they need is computed once, for the last few pictures. */
export function attentionMemories(remember: typeof rememberAttention) {
  const MOST = 3;
  const kept: {
    model: Model;
    picture: Picture;
    memory: Promise<AttentionMemory>;
    readers: number;
    evicted: boolean;
  }[] = [];
  const free = (entry: (typeof kept)[number]) => {
    if (entry.evicted && entry.readers === 0)
      entry.memory.then(
        (memory) => memory.dispose(),
        () => {},
      );
  };

  return async (
    model: Model,
    picture: Picture,
    options: { layer: number; head: number; signal: AbortSignal },
  ): Promise<AttentionMap> => {
    options.signal.throwIfAborted();
    let entry = kept.find((other) => other.model === model && other.picture === picture);
    if (!entry) {
      entry = { model, picture, memory: remember(model, picture), readers: 0, evicted: false };
      const own = entry;
      const forget = () => {
        if (kept.includes(own)) kept.splice(kept.indexOf(own), 1);
        own.evicted = true;
        free(own);
      };
      entry.memory.catch(forget);
      kept.push(entry);
      if (kept.length > MOST) {
        const [oldest] = kept.splice(0, 1);
        oldest!.evicted = true;
        free(oldest!);
      }
    }
    entry.readers++;
    try {
      return await (await entry.memory).map(options);
    } finally {
      entry.readers--;
      free(entry);
    }
  };
}
