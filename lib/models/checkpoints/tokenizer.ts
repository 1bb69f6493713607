/** The tokenizer beside a checkpoint's weights. */
import { openTokenizer, type Tokenizer } from "../../tokenizers";
import type { Checkpoint } from "./checkpoint";

/** Undefined when the folder has no tokenizer.json. @throws one sentence when what it has is no tokenizer. */
export async function readTokenizer(checkpoint: Checkpoint): Promise<Tokenizer | undefined> {
  const tokenizer = await checkpoint.readOptionalJson("tokenizer.json");
  if (tokenizer === undefined) return undefined;
  const [config, template] = await Promise.all([
    checkpoint.readOptionalJson("tokenizer_config.json"),
    checkpoint.readOptionalText("chat_template.jinja"),
  ]);
  return openTokenizer({ tokenizer, config, chatTemplate: template, name: checkpoint.folder });
}
