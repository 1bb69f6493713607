/** Which tokens begin and end a text, and how a checkpoint's authors sample: generation_config.json, and config.json. */
import type { GenerationConfig } from "../causal-lm";
import { ConfigFields } from "./config-fields";
import type { Checkpoint } from "./checkpoint";

const MAX_TOKEN = 1_048_575;

/**
 * @param config config.json, or the part of it that describes the decoder: used where generation_config.json is silent
 * @throws one sentence that lists every value that makes no sense.
 */
export async function readGenerationConfig(checkpoint: Checkpoint, config: unknown): Promise<GenerationConfig> {
  const file = (await checkpoint.readOptionalJson("generation_config.json")) ?? {};
  return parseGenerationConfig(file, config, `${checkpoint.folder}generation_config.json`);
}

export function parseGenerationConfig(
  file: unknown,
  config: unknown,
  name = "generation_config.json",
): GenerationConfig {
  const silent = typeof config === "object" && config !== null ? (config as Record<string, unknown>) : {};
  const fields = new ConfigFields(file, name); // refuses what is no object
  const given = file as Record<string, unknown>;
  const ids = (field: string): number[] => {
    const value = given[field] ?? silent[field];
    const list = value == null ? [] : Array.isArray(value) ? (value as unknown[]) : [value];
    const isId = (id: unknown): id is number => Number.isInteger(id) && Math.abs(id as number) <= MAX_TOKEN;
    if (list.length > 64 || !list.every(isId)) return fields.wrong(field, "a token id, or a list of them", []);
    return list.filter((id) => id >= 0); // -1 stands for none in some files
  };
  const read = {
    bosTokenId: ids("bos_token_id")[0],
    eosTokenIds: ids("eos_token_id"),
    padTokenId: ids("pad_token_id")[0],
  };
  fields.finish();
  return read;
}
