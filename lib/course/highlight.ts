/**
 * Code in colour, at build. One theme whose colours are the design tokens, so that light and dark need no second copy:
 * what the language says is like a key, what is called is like a query, text is like a value.
 */
import { createHighlighterCore, type HighlighterCore, type ThemeRegistrationRaw } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";
import type { Element, Root } from "hast";

const theme: ThemeRegistrationRaw = {
  name: "patchwork",
  type: "light",
  fg: "var(--ink)",
  bg: "var(--sunk)",
  settings: [
    { settings: { foreground: "var(--ink)", background: "var(--sunk)" } },
    { scope: ["comment", "punctuation.definition.comment"], settings: { foreground: "var(--faint)" } },
    {
      scope: ["keyword", "storage", "constant.language", "variable.language.this", "entity.name.tag"],
      settings: { foreground: "var(--key)" },
    },
    { scope: ["keyword.operator", "storage.type.function.arrow"], settings: { foreground: "var(--soft)" } },
    { scope: ["keyword.operator.new", "keyword.operator.expression"], settings: { foreground: "var(--key)" } },
    {
      scope: ["entity.name.function", "support.function", "meta.function-call entity.name.function"],
      settings: { foreground: "var(--query)" },
    },
    {
      scope: ["entity.name.type", "support.type", "support.class", "storage.type.wgsl"],
      settings: { foreground: "var(--patch)" },
    },
    { scope: ["constant.numeric"], settings: { foreground: "var(--token)" } },
    { scope: ["string", "punctuation.definition.string", "string.regexp"], settings: { foreground: "var(--value)" } },
    {
      scope: ["meta.template.expression", "punctuation.definition.template-expression"],
      settings: { foreground: "var(--ink)" },
    },
  ],
};

/** What the course's fences may be written in. */
export const languages = ["js", "ts", "tsx", "wgsl", "json", "bash", "python", "html", "css", "mdx", "text"] as const;

let loading: Promise<HighlighterCore> | undefined;

/** Loads the languages once. */
export function highlighter(): Promise<HighlighterCore> {
  loading ??= createHighlighterCore({
    themes: [theme],
    langs: [
      import("shiki/langs/javascript.mjs"),
      import("shiki/langs/typescript.mjs"),
      import("shiki/langs/tsx.mjs"),
      import("shiki/langs/wgsl.mjs"),
      import("shiki/langs/json.mjs"),
      import("shiki/langs/bash.mjs"),
      import("shiki/langs/python.mjs"),
      import("shiki/langs/html.mjs"),
      import("shiki/langs/css.mjs"),
      import("shiki/langs/mdx.mjs"),
    ],
    engine: createJavaScriptRegexEngine(),
  });
  return loading;
}

/** No time limit: on a busy machine shiki would stop in the middle of a line, and leave the rest without colours. */
const options = (lang: string) => ({ lang, theme: theme.name!, transformers: [plain], tokenizeTimeLimit: 0 });

/** `<pre class="code">…</pre>`, as HTML. */
export function codeHtml(shiki: HighlighterCore, code: string, lang: string): string {
  return shiki.codeToHtml(code, options(lang));
}

/** The same as nodes, for a page's prose. */
export function codeNodes(shiki: HighlighterCore, code: string, lang: string): Element {
  const root: Root = shiki.codeToHast(code, options(lang));
  return root.children[0] as Element;
}

/** The page's own style sheet dresses a code block; a long one can be scrolled with the keyboard. */
const plain = {
  pre(node: Element) {
    node.properties = { class: "code", tabindex: "0" };
  },
};
