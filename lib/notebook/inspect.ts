/** Any value, as something to look at. */

const MOST_ITEMS = 100;
const MOST_DEPTH = 4;

/** An element or a fragment is itself, unless it is displayed outside `root`; everything else becomes text. */
export function inspect(value: unknown, root?: Element): Node {
  if (value instanceof Node && (isFree(value) || root?.contains(value))) return value;
  const box = document.createElement(typeof value === "string" ? "p" : "pre");
  box.className = typeof value === "string" ? "nb-text" : "nb-value";
  box.textContent = typeof value === "string" ? value : describe(value);
  const tensor = tensorLike(value);
  if (tensor) void tensor.data().then(showNumbers, () => {});
  if (box.tagName === "PRE") {
    box.tabIndex = 0; // it scrolls, so the keyboard must reach it
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Value");
  }
  return box;

  function showNumbers(numbers: ArrayLike<number>) {
    box.textContent += `\n${numberList(numbers)}`;
  }
}

/** Shown elsewhere already: a node can be in one place only. */
const isFree = (node: Node) => !node.parentNode || node.nodeType === 11;

/** As text. */
export function describe(value: unknown, depth = 0, seen: readonly unknown[] = []): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return depth ? JSON.stringify(value) : value;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `function ${value.name || "without a name"}`;
  if (typeof value !== "object") return (value as number | boolean | symbol).toString();
  if (seen.includes(value)) return "(contains itself)";
  if (value instanceof Node) return `<${value.nodeName.toLowerCase()}>, which is displayed elsewhere`;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Promise) return "a promise: write await before it to see its value";
  const tensor = tensorLike(value);
  if (tensor) return `tensor of shape [${tensor.shape.join(", ")}]`;
  if (value instanceof Date || value instanceof RegExp) return String(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return `${value.constructor.name}(${(value as Uint8Array).length}) ${numberList(value as unknown as ArrayLike<number>)}`;
  }
  return describeObject(value, depth, [...seen, value]);
}

function describeObject(value: object, depth: number, seen: readonly unknown[]): string {
  const show = (item: unknown) => describe(item, depth + 1, seen);
  const isList = Array.isArray(value) || value instanceof Set;
  const name = value.constructor?.name ?? "Object";
  const prefix = name === "Object" || name === "Array" ? "" : `${name} `;
  const items = isList
    ? Array.from(value as Iterable<unknown>, (item) => () => show(item))
    : (value instanceof Map ? [...value] : Object.entries(value)).map(
        ([key, item]: [unknown, unknown]) =>
          () =>
            `${typeof key === "string" ? key : show(key)}: ${show(item)}`,
      );
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  if (!items.length) return prefix + open + close;
  if (depth >= MOST_DEPTH) return `${prefix}${open} ${items.length} … ${close}`;
  const shown = items.slice(0, MOST_ITEMS).map((item) => item());
  if (items.length > MOST_ITEMS) shown.push(`… ${items.length - MOST_ITEMS} more`);
  const line = shown.join(", ");
  if (line.length + 2 * depth <= 100 && !line.includes("\n")) {
    return isList ? `${prefix}[${line}]` : `${prefix}{ ${line} }`;
  }
  const indent = "  ".repeat(depth + 1);
  return `${prefix}${open}\n${shown.map((item) => indent + item).join(",\n")}\n${"  ".repeat(depth)}${close}`;
}

function numberList(numbers: ArrayLike<number>): string {
  const shown = Array.from({ length: Math.min(numbers.length, 24) }, (_, i) => round(numbers[i]!));
  return `[${shown.join(", ")}${numbers.length > shown.length ? `, … ${numbers.length - shown.length} more` : ""}]`;
}

const round = (x: number) => (Number.isInteger(x) ? String(x) : x.toPrecision(4));

function tensorLike(value: unknown): { shape: readonly number[]; data(): Promise<ArrayLike<number>> } | undefined {
  const candidate = value as { shape?: unknown; data?: unknown } | null;
  if (typeof candidate !== "object" || !Array.isArray(candidate?.shape) || typeof candidate.data !== "function") return;
  return candidate as never;
}
