/** The components that a lesson file may use, and their attributes. `!` marks an attribute that must be there. */
import { lineOf, type MdxNode } from "./lesson-nodes";
import { unknownName } from "./schema-problems";

const components: Record<string, readonly string[]> = {
  Objectives: [],
  Recap: [],
  Note: [],
  Pitfall: [],
  SideNote: [],
  Hint: [],
  Figure: ["caption!", "id", "wide"],
  Source: ["file!", "lines"],
  Cite: ["id!"],
  Term: ["kind!"],
  Measured: ["model!", "path!", "minus", "file", "as", "digits"],
  Quiz: ["id!"],
  Exercise: ["id!", "title!"],
};

export const terms = ["patch", "token", "query", "key", "value"] as const;

/** The text attributes of a component; what is wrong with them goes to `report`. */
export function attributesOf(
  node: MdxNode,
  report: (line: number, what: string) => void,
): Record<string, string | true> {
  const name = node.name ?? "";
  const line = lineOf(node);
  if (/^[a-z]/.test(name)) return {}; // HTML
  const known = components[name];
  if (!known) {
    report(
      line,
      unknownName(
        "component",
        `<${name}>`,
        Object.keys(components).map((other) => `<${other}>`),
      ),
    );
    return {};
  }
  const names = known.map((attribute) => attribute.replace("!", ""));
  const given: Record<string, string | true> = {};
  for (const attribute of node.attributes ?? []) {
    const key = attribute.name ?? "{…}";
    if (!names.includes(key)) {
      report(
        line,
        names.length ? `<${name}>: ${unknownName("attribute", key, names)}` : `<${name}> has no attributes, got ${key}`,
      );
    } else if (attribute.value == null) given[key] = true;
    else if (typeof attribute.value === "string") given[key] = attribute.value;
    else report(line, `<${name}>: expected ${key}="…", got an expression`);
  }
  for (const attribute of known) {
    const key = attribute.replace("!", "");
    if (attribute.endsWith("!") && typeof given[key] !== "string")
      report(line, `<${name}>: expected ${key}="…", got none`);
  }
  return given;
}
