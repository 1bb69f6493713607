/** The parts of an MDX tree that a lesson uses (https://mdxjs.com, mdast with MDX nodes), and small ways to make them. */

export type Place = { start: { line: number }; end: { line: number } };

export type MdxNode = {
  type: string;
  children?: MdxNode[];
  position?: Place;
  /** Of text, code, expressions. */
  value?: string;
  /** Of a component: `<Cite id="…" />`. */
  name?: string | null;
  attributes?: { type: string; name?: string; value?: unknown }[];
  /** Of a fence. */
  lang?: string | null;
  meta?: string | null;
  /** Of a heading. */
  depth?: number;
  /** Of a task in a list. */
  checked?: boolean | null;
  /** Of links and pictures. */
  url?: string;
  alt?: string | null;
  /** Reference-style links, footnotes. */
  identifier?: string;
  data?: { hName?: string; hProperties?: Record<string, unknown>; hChildren?: unknown[] };
};

export const isComponent = (node: MdxNode): boolean =>
  node.type === "mdxJsxFlowElement" || node.type === "mdxJsxTextElement";

export const lineOf = (node: MdxNode): number => node.position?.start.line ?? 1;

/** A component of ours in the place of `like`. A value of true stands for an attribute without a value. */
export function component(
  name: string,
  attributes: Record<string, string | true | undefined>,
  children: MdxNode[],
  like: MdxNode,
): MdxNode {
  return {
    type: "mdxJsxFlowElement",
    name,
    attributes: Object.entries(attributes)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ({ type: "mdxJsxAttribute", name: key, value: value === true ? null : value })),
    children,
    position: like.position,
  };
}

/** The words in a node, without its markup. */
export function textOf(node: MdxNode): string {
  if (node.type === "text" || node.type === "inlineCode" || node.type === "inlineMath") return node.value ?? "";
  return (node.children ?? []).map(textOf).join("");
}
