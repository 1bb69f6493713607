/** Shares (accuracies, weights) as bars, in the given order. */
import { element } from "../ui/element";
import { frame } from "./frame";
import { numbered, percent } from "./words";

export type Share = {
  label: string;
  /** 0 to 1 */
  share: number;
  /** Draws the eye to this one. */
  marked?: boolean;
};

/** @param options.what what the shares are of, to begin the sentence: "Right answers" */
export function bars(shares: readonly Share[], options: { what?: string } = {}): HTMLElement {
  const drawn = element("div", { class: "fig-bars fig-shares", "aria-hidden": "true" });
  for (const { label, share, marked } of shares) {
    const width = `width: ${(Math.min(1, Math.max(0, share)) * 100).toFixed(2)}%`;
    drawn.append(
      element("span", { class: "fig-bar-label" }, label),
      element("span", { class: marked ? "fig-bar fig-marked" : "fig-bar" }, element("i", { style: width })),
      element("span", { class: "fig-bar-value" }, percent(share)),
    );
  }
  return frame("bars", [drawn], describeShares(shares, options));
}

export function describeShares(shares: readonly Share[], { what = "Shares" }: { what?: string } = {}): string {
  return `${what}: ${numbered(shares.map(({ label, share }) => [label, percent(share)]))}.`;
}
