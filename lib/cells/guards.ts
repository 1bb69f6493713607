/**
 * Loop guards. A cell runs on the page's own thread, so `while (true) {}` would freeze the page, with the button that
 * could stop it. A guard at the start of every loop's body and of every function looks at the clock and throws when
 * the cell has not let the page breathe for too long. Functions have one because recursion is a loop as well.
 *
 *     for (const x of xs) sum += x;     ->     for (const x of xs) {__guard(1);sum += x;}
 *
 * Nothing is added but calls and braces, never a line break. `__guard(line, true)` stands in a loop that awaits: such a
 * loop is also to end when its cell has been interrupted or replaced.
 */
import type { Function as FunctionNode, Node, Statement } from "acorn";
import { ancestor } from "acorn-walk";

export const GUARD = "__guard";

export type Insertion = { at: number; text: string };

/** What to insert into the source, in the order of its places. */
export function guardInsertions(program: Node, lineAt: (offset: number) => number): Insertion[] {
  const opening: Insertion[] = [];
  const closing: Insertion[] = [];
  const awaiting = loopsThatAwait(program);

  const around = (body: Node, before: string, after: string) => {
    opening.push({ at: body.start, text: before });
    closing.push({ at: body.end, text: after });
  };

  const loop = (node: Node & { body: Statement }) => {
    const call = `${GUARD}(${lineAt(node.start)}${awaiting.has(node) ? ",true" : ""});`;
    if (node.body.type === "BlockStatement") opening.push({ at: node.body.start + 1, text: call });
    else around(node.body, `{${call}`, "}");
  };

  const fn = (node: FunctionNode) => {
    const call = `${GUARD}(${lineAt(node.start)})`;
    if (node.body.type === "BlockStatement") opening.push({ at: node.body.start + 1, text: `${call};` });
    else around(node.body, `(${call},`, ")");
  };

  ancestor(program, {
    ForStatement: loop,
    ForInStatement: loop,
    ForOfStatement: loop,
    WhileStatement: loop,
    DoWhileStatement: loop,
    FunctionDeclaration: fn,
    FunctionExpression: fn,
    ArrowFunctionExpression: fn,
  });

  // Where several meet in one place, what closes comes before what opens: the inner loop's brace was opened last.
  return [...closing, ...opening.sort((a, b) => a.at - b.at)].sort((a, b) => a.at - b.at);
}

/** Loops with an `await` of their own, not inside a function within them. */
function loopsThatAwait(program: Node): Set<Node> {
  const loops = new Set<Node>();
  const mark = (ancestors: readonly Node[]) => {
    for (let i = ancestors.length - 1; i >= 0 && !/Function/.test(ancestors[i]!.type); i--) {
      if (/^(For|While|DoWhile)/.test(ancestors[i]!.type)) loops.add(ancestors[i]!);
    }
  };
  ancestor(program, {
    AwaitExpression: (_node, _state, ancestors) => mark(ancestors),
    ForOfStatement: (node, _state, ancestors) => node.await && mark(ancestors),
  });
  return loops;
}
