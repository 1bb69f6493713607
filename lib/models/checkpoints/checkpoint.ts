import type { WeightFiles } from "../../weights";

/**
 * What an architecture needs to load itself: its config, a way to read the files beside it, and what `loadWeights`
 * takes as its first argument. A model gives back `executor` and `dtype` as they are here.
 */
export type Checkpoint = WeightFiles & {
  /** config.json, as it is. */
  config: unknown;
  /** Where it is, ending in a slash: what errors call it. */
  folder: string;
  /** A JSON file beside config.json, bounded in length and depth. @throws a sentence when there is none. */
  readJson(file: string): Promise<unknown>;
  /** The same, or undefined when there is no such file. */
  readOptionalJson(file: string): Promise<unknown>;
  /** A text file, such as a chat template, or undefined when there is no such file. */
  readOptionalText(file: string): Promise<string | undefined>;
};
