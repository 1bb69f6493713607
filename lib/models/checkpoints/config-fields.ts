/**
 * Reads fields of a config.json. Whoever wrote the file may have written anything, so each value is checked before
 * something is allocated by it, and everything that is wrong is told at once.
 */
export class ConfigFields {
  readonly #json: Record<string, unknown>;
  readonly #name: string;
  readonly #problems: string[] = [];

  /** @param name what errors call the file */
  constructor(json: unknown, name: string) {
    if (typeof json !== "object" || json === null || Array.isArray(json)) {
      throw new Error(`${name}: expected an object, got ${show(json)}`);
    }
    this.#json = json as Record<string, unknown>;
    this.#name = name;
  }

  /** A whole number from 1 to `max`. */
  count(field: string, fallback: number, max: number): number {
    const value = this.#json[field] ?? fallback;
    return isCount(value, max) ? value : this.wrong(field, `a whole number from 1 to ${max}`, fallback);
  }

  /** One whole number for both sides, or [height, width]. */
  sides(field: string, fallback: number, max: number): number | readonly [number, number] {
    const value = this.#json[field] ?? fallback;
    if (isCount(value, max)) return value;
    if (Array.isArray(value) && value.length === 2 && value.every((side) => isCount(side, max))) {
      const [height, width] = value as [number, number];
      return height === width ? height : [height, width];
    }
    return this.wrong(field, `a whole number from 1 to ${max}, or two: [height, width]`, fallback);
  }

  /** A number above 0 and up to `max`. */
  positive(field: string, fallback: number, max: number): number {
    const value = this.#json[field] ?? fallback;
    if (typeof value === "number" && value > 0 && value <= max) return value;
    return this.wrong(field, `a number above 0 and up to ${max}`, fallback);
  }

  flag(field: string, fallback: boolean): boolean {
    const value = this.#json[field] ?? fallback;
    return typeof value === "boolean" ? value : this.wrong(field, "true or false", fallback);
  }

  oneOf<Choice extends string>(field: string, choices: readonly Choice[], fallback: Choice): Choice {
    const value = this.#json[field] ?? fallback;
    const choice = choices.find((known) => known === value);
    return choice ?? this.wrong(field, choices.join(" or "), fallback);
  }

  /** The names of the classes, in the order of their numbers: id2label, or LABEL_0, LABEL_1, ... for num_labels (2). */
  labels(max: number): string[] {
    const { id2label } = this.#json;
    if (id2label == null) {
      return Array.from({ length: this.count("num_labels", 2, max) }, (_, i) => `LABEL_${i}`);
    }
    const names = typeof id2label === "object" ? (id2label as Record<string, unknown>) : {};
    const length = Object.keys(names).length;
    const labels = Array.from({ length: Math.min(length, max) }, (_, i) => names[i]);
    if (length < 1 || length > max || !labels.every((label) => typeof label === "string")) {
      return this.wrong("id2label", `a name for each number from 0, ${max} at most`, [""]);
    }
    return labels;
  }

  /** Notes that a field is wrong; the file is refused by `finish`. Returns the fallback, to read on. */
  wrong<T>(field: string, expected: string, fallback: T): T {
    this.#problems.push(`${field}: expected ${expected}, got ${show(this.#json[field])}`);
    return fallback;
  }

  /** @throws one sentence with everything that is wrong, if anything is. */
  finish(): void {
    if (this.#problems.length > 0) throw new Error(`${this.#name}: ${this.#problems.join("; ")}`);
  }
}

function isCount(value: unknown, max: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= max;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
