/**
 * Misses against false refusals: what a threshold over scores lets through of what should be refused, and what it refuses of
 * what should not be. The whole curve, and one threshold marked.
 */
import { chart } from "./chart";
import { frame } from "./frame";
import { percent } from "./words";

export type Scored = {
  /** 0 to 1; above the threshold it is refused. */
  score: number;
  /** Whether it should be refused. */
  unsafe: boolean;
};

/** Where the axes may end. */
const LIMITS = [0.2, 0.4, 1];

export type TradeOffOptions = {
  /** [0.5] */
  threshold?: number;
};

/** Shares of the unsafe that pass, and of the safe that are refused. */
export function errorsAt(scored: readonly Scored[], threshold: number): { misses: number; falseRefusals: number } {
  const share = (of: readonly Scored[], wrong: (score: number) => boolean) =>
    of.filter(({ score }) => wrong(score)).length / of.length;
  const unsafe = scored.filter((one) => one.unsafe);
  const safe = scored.filter((one) => !one.unsafe);
  if (unsafe.length === 0 || safe.length === 0)
    throw new RangeError(
      `tradeOff: expected scores of both kinds, got ${unsafe.length} unsafe and ${safe.length} safe ones`,
    );
  return {
    misses: share(unsafe, (score) => score <= threshold),
    falseRefusals: share(safe, (score) => score > threshold),
  };
}

export function tradeOff(scored: readonly Scored[], options: TradeOffOptions = {}): HTMLElement {
  const { threshold = 0.5 } = options;
  const steps = [-1, ...new Set(scored.map(({ score }) => score))].sort((a, b) => a - b);
  const curve = steps.map((at) => errorsAt(scored, at));
  const points = curve
    .map(({ misses, falseRefusals }) => [falseRefusals, misses] as const)
    .sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const here = errorsAt(scored, threshold);
  const share = (value: number) => `${Math.round(100 * value)} %`;
  const worst = Math.max(here.misses, here.falseRefusals);
  const to = LIMITS.find((limit) => limit >= 1.5 * worst) ?? 1; // a good model's curve hugs the corner: come nearer
  const drawn = chart([{ name: "all thresholds", points }], {
    x: { label: "safe ones refused", from: 0, to, format: share },
    y: { label: "unsafe ones missed", from: 0, to, format: share },
    at: here.falseRefusals,
    guides: [{ name: `threshold ${threshold}`, y: here.misses }],
  });
  return frame("trade-off", drawn, describeTradeOff(scored, { threshold }));
}

export function describeTradeOff(scored: readonly Scored[], { threshold }: { threshold: number }): string {
  const { misses, falseRefusals } = errorsAt(scored, threshold);
  const unsafe = scored.filter((one) => one.unsafe).length;
  return (
    `Above ${threshold}, a message is refused. Of ${unsafe} unsafe ones ${percent(misses)} are missed; ` +
    `of ${scored.length - unsafe} safe ones ${percent(falseRefusals)} are refused.`
  );
}
