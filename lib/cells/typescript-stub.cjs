/**
 * Stands in for `typescript` in the page (next.config.mjs, resolveAlias). notebook-kit's parser can also take cells in
 * TypeScript, and so brings the whole compiler with it, several megabytes; our cells are JavaScript.
 */
exports.ScriptTarget = { ESNext: 99 };
exports.ModuleKind = { Preserve: 200 };
for (const name of [
  "transpile",
  "createProgram",
  "createSourceFile",
  "isClassExpression",
  "isFunctionExpression",
  "isParenthesizedExpression",
  "isExpressionStatement",
]) {
  exports[name] = () => {
    throw new SyntaxError("a cell is JavaScript: TypeScript is not available here");
  };
}
