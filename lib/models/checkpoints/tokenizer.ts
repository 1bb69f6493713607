/** The tokenizer beside a checkpoint's weights. */
import { openTokenizer, type Tokenizer } from "../../tokenizers";
import type { Checkpoint } from "./checkpoint";

/**
 * Undefined when the folder has no tokenizer.json.
 * @param options.chat whether the model may have a chat template: a text encoder has none, and asks for no such file
 * @throws one sentence when what the folder has is no tokenizer
 */
export async function readTokenizer(
  checkpoint: Checkpoint,
  options: { chat?: boolean } = {},
): Promise<Tokenizer | undefined> {
  const tokenizer = await checkpoint.readOptionalJson("tokenizer.json");
  if (tokenizer === undefined) return undefined;
  const [config, template] = await Promise.all([
    checkpoint.readOptionalJson("tokenizer_config.json"),
    options.chat === false ? undefined : checkpoint.readOptionalText("chat_template.jinja"),
  ]);
  return openTokenizer({ tokenizer, config, chatTemplate: template, name: checkpoint.folder });
}
