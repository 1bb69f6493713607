/** The tokenizer beside a checkpoint's weights. */
import { openTokenizer, type Tokenizer } from "../../tokenizers";
import type { Checkpoint } from "./checkpoint";

/**
 * Undefined when the folder has no tokenizer.json.
 * @param options.chat whether the model may have a chat template: a text encoder has none, and asks for no such file
 * @param options.pictures whether it may also lie where processors of pictures and text kept it before
 *   chat_template.jinja: in chat_template.json
 * @throws one sentence when what the folder has is no tokenizer
 */
export async function readTokenizer(
  checkpoint: Checkpoint,
  options: { chat?: boolean; pictures?: boolean } = {},
): Promise<Tokenizer | undefined> {
  const tokenizer = await checkpoint.readOptionalJson("tokenizer.json");
  if (tokenizer === undefined) return undefined;
  const [config, jinja] = await Promise.all([
    checkpoint.readOptionalJson("tokenizer_config.json"),
    options.chat === false ? undefined : checkpoint.readOptionalText("chat_template.jinja"),
  ]);
  const chatTemplate = jinja ?? (options.pictures && !hasTemplate(config) ? await ofProcessor(checkpoint) : undefined);
  return openTokenizer({ tokenizer, config, chatTemplate, name: checkpoint.folder });
}

const hasTemplate = (config: unknown) => (config as { chat_template?: unknown } | undefined)?.chat_template != null;

async function ofProcessor(checkpoint: Checkpoint): Promise<string | undefined> {
  type Named = { chat_template?: unknown } | null | undefined;
  const file = (await checkpoint.readOptionalJson("chat_template.json")) as Named;
  if (file === undefined) return undefined;
  const template = file?.chat_template;
  if (typeof template === "string") return template;
  const got = JSON.stringify(file).slice(0, 60);
  throw new Error(`${checkpoint.folder}chat_template.json: expected {"chat_template": "a text"}, got ${got}`);
}
