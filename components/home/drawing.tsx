/** The picture with its patches lit where the model looks, and the answers as bars. No script needed. */
import styles from "./demo.module.css";
import { PATCH, SIZE, type Sight } from "./scene";

const COLUMNS = SIZE / PATCH;
const DARKEST = 0.66; // of a patch that is not looked at

export function Patches({ weights }: { weights: readonly number[] }) {
  const largest = Math.max(...weights, Number.MIN_VALUE);
  const brightest = weights
    .map((_, i) => i)
    .sort((a, b) => weights[b]! - weights[a]!)
    .slice(0, 4);
  return (
    <svg className={styles.patches} viewBox={`0 0 ${SIZE} ${SIZE}`} aria-hidden="true">
      {weights.map((weight, i) => (
        <rect
          key={i}
          x={(i % COLUMNS) * PATCH}
          y={Math.floor(i / COLUMNS) * PATCH}
          width={PATCH + 0.06}
          height={PATCH + 0.06}
          style={{ opacity: Number((DARKEST * (1 - Math.sqrt(weight / largest))).toFixed(3)) }}
        />
      ))}
      <path
        d={Array.from(
          { length: COLUMNS - 1 },
          (_, i) => `M${(i + 1) * PATCH} 0v${SIZE}M0 ${(i + 1) * PATCH}h${SIZE}`,
        ).join("")}
      />
      {brightest.map((i) => (
        <rect
          key={`mark ${i}`}
          className={styles.mark}
          x={(i % COLUMNS) * PATCH + 0.6}
          y={Math.floor(i / COLUMNS) * PATCH + 0.6}
          width={PATCH - 1.2}
          height={PATCH - 1.2}
        />
      ))}
    </svg>
  );
}

export function Answers({ answers }: { answers: Sight["answers"] }) {
  return (
    <div className={styles.bars} aria-hidden="true">
      {answers.map(({ label, probability }) => (
        <div key={label}>
          <span>{label}</span>
          <i style={{ "--share": probability } as React.CSSProperties} />
          <span>{probability.toFixed(3)}</span>
        </div>
      ))}
    </div>
  );
}

/** "The model says cat, with 98 %; then dog, with 1 %." */
export function inWords({ answers, weights }: Pick<Sight, "answers" | "weights">): string {
  const [first, second] = answers;
  if (!first) return "";
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const best = [...weights].sort((a, b) => b - a).slice(0, 9);
  const share = best.reduce((sum, weight) => sum + weight, 0) / (total || 1);
  const rest = second ? `, then ${second.label} (${percent(second.probability)})` : "";
  return `It says ${first.label} (${percent(first.probability)})${rest}. Of what it gives to patches, 9 of the 64 get ${percent(share)}.`;
}

function percent(share: number): string {
  return share > 0 && share < 0.01 ? "less than 1 %" : `${Math.round(share * 100)} %`;
}
