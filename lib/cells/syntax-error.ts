/** The reader's text is no JavaScript, or asks for what a cell cannot do. */
export class CellSyntaxError extends SyntaxError {
  override name = "CellSyntaxError";
  constructor(
    message: string,
    /** Counted from 1. */
    readonly line: number,
    /** Counted from 1. */
    readonly column: number,
  ) {
    super(message);
  }
}

/** acorn ends a message with its position, "(3:7)": line from 1, column from 0. */
export function fromParser(error: unknown): unknown {
  if (!(error instanceof SyntaxError) || error instanceof CellSyntaxError) return error;
  const at = /\s*\((\d+):(\d+)\)$/.exec(error.message);
  if (!at) return new CellSyntaxError(error.message, 1, 1);
  const message = error.message.slice(0, at.index);
  return new CellSyntaxError(plain(message), Number(at[1]), Number(at[2]) + 1);
}

function plain(message: string): string {
  const assigned = /^Assignment to external variable '(.*)'$/.exec(message);
  if (assigned) {
    return `${assigned[1]} belongs to another cell and cannot be assigned here: declare a new name with const, or change it in its own cell`;
  }
  const global = /^(?:Global '(.*)' cannot be redefined|Assignment to global '(.*)')$/.exec(message);
  if (global) return `${global[1] ?? global[2]} is a name of JavaScript itself: choose another name`;
  if (message === "Unexpected token") return "Unexpected token: JavaScript cannot read the code from here on";
  return message;
}
