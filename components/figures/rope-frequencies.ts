/** How many positions each pair of a rotary embedding takes for one turn: fast pairs tell neighbours, slow ones distance. */
import { chart, type Line } from "./chart";
import { frame } from "./frame";

export type Rotation = {
  name: string;
  /** Radians per position, a number a pair: nn.inverseFrequencies(…) */
  frequencies: ArrayLike<number>;
};

/** @param options.context positions that the model is made for, drawn as a line */
export function ropeFrequencies(rotations: readonly Rotation[], options: { context?: number } = {}): HTMLElement {
  const { context } = options;
  const lines = rotations.map(({ name, frequencies }): Line => {
    if (!(frequencies?.length > 0))
      throw new TypeError(
        `ropeFrequencies: expected frequencies for ${name}, got none; nn.inverseFrequencies makes them`,
      );
    return { name, points: Array.from(frequencies, (frequency, pair) => [pair, turn(frequency)] as const) };
  });
  const drawn = chart(lines, {
    x: { label: "pair", from: 0, to: Math.max(...lines.map(({ points }) => points.length - 1), 1) },
    y: { label: "positions for one turn", scale: "log", format: compact },
    ...(context === undefined ? {} : { guides: [{ name: `context: ${positions(context)}`, y: context }] }),
  });
  return frame("rope-frequencies", drawn, describeRotations(lines, options));
}

const turn = (frequency: number) => (2 * Math.PI) / frequency;
/** For an axis, where room is scarce: 10M. */
const compact = (value: number) => value.toLocaleString("en", { notation: "compact" });
const positions = (value: number) => (value < 10 ? value.toPrecision(2) : Math.round(value).toLocaleString("en"));

export function describeRotations(lines: readonly Line[], { context }: { context?: number }): string {
  const phrases = lines.map(({ name, points }) => {
    const [first, last] = [points[0]!, points.at(-1)!];
    const slow = context === undefined ? 0 : points.filter(([, y]) => y > context).length;
    const within =
      context === undefined
        ? ""
        : `; ${slow} of ${points.length} pairs turn less than once in ${positions(context)} positions`;
    return `${name}: pair 0 turns once in ${positions(first[1])} positions, pair ${last[0]} in ${positions(last[1])}${within}`;
  });
  return `${phrases.join(". ")}.`;
}
