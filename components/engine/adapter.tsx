/** The adapter's name, features and limits, each with what it means for a model. */
import { limits, features, type LimitWords } from "./adapter-words";
import styles from "./engine.module.css";
import type { EngineState } from "./engine-state";
import { inCount } from "./numbers";

type Known = EngineState["adapter"];

export function Adapter({ adapter }: { adapter: Known }) {
  const report = adapter.state === "found" ? adapter.report : undefined;
  return (
    <>
      <Name adapter={adapter} />
      <div className={styles.facts}>
        <table className={styles.limits}>
          <caption>Limits</caption>
          <thead>
            <tr>
              <th scope="col">How much</th>
              <th scope="col">Every device</th>
              {report && <th scope="col">Yours</th>}
            </tr>
          </thead>
          <tbody>
            {limits.map((limit) => (
              <Limit key={limit.name} limit={limit} value={report?.limits[limit.name]} />
            ))}
          </tbody>
        </table>
        <div>
          <h3>Features</h3>
          <dl className={styles.features}>
            {features.map(({ name, words }) => {
              const has = report?.features.includes(name);
              return (
                <div key={name} data-has={has}>
                  <dt>
                    <code>{name}</code>
                    {report && <span className={styles.has}>{has ? "yes" : "no"}</span>}
                  </dt>
                  <dd>{words}</dd>
                </div>
              );
            })}
          </dl>
          {report && (
            <details className={styles.all}>
              <summary>Everything that the browser tells</summary>
              <p>{report.features.join(", ")}</p>
              <ul>
                {Object.entries(report.limits).map(([name, value]) => (
                  <li key={name}>
                    <span>{name}</span> <span>{inCount(value)}</span>
                  </li>
                ))}
              </ul>
            </details>
          )}
        </div>
      </div>
    </>
  );
}

function Name({ adapter }: { adapter: Known }) {
  if (adapter.state === "unknown") {
    return (
      <p className={styles.intro}>
        <span className={styles.withScript}>Asking the browser for its GPU.</span>
        <span className={styles.withoutScript}>
          Which GPU it has, only the browser can tell, by a script. With scripts on, this page names it here, beside
          what WebGPU grants on every device.
        </span>
      </p>
    );
  }
  if (adapter.state === "none") {
    return (
      <div className={styles.name} data-tone="calm">
        <p className={styles.gpu}>
          <span className={styles.dot} aria-hidden="true" />
          No WebGPU
        </p>
        <p>
          There is no WebGPU here: {adapter.because} The course runs in plain loops instead, with the same results, more
          slowly. Current versions of Chrome, Edge, Safari and Firefox have WebGPU on most machines; it also needs a
          page that came over https.
        </p>
      </div>
    );
  }
  const { vendor, architecture, device, description, software } = adapter.report;
  const parts = [
    ["Vendor", vendor],
    ["Architecture", architecture],
    ["Device", device],
    ["Description", description],
  ].filter(([, value]) => value);
  return (
    <div className={styles.name} data-tone="good">
      <p className={styles.gpu}>
        <span className={styles.dot} aria-hidden="true" />
        WebGPU{software ? ", in software" : ""}
      </p>
      <dl className={styles.parts}>
        {parts.map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {parts.length === 0 && <p>The browser does not tell which GPU it is.</p>}
      {software && (
        <p>
          The processor plays the GPU. It computes the same, at a fraction of the speed: its times say little about a
          graphics card.
        </p>
      )}
    </div>
  );
}

function Limit({ limit: { name, title, words, granted, show, means }, value }: { limit: LimitWords; value?: number }) {
  const cell = (number: number) => (
    <td>
      {show(number)}
      {means && <small>{means(number)}</small>}
    </td>
  );
  return (
    <tr>
      <th scope="row" title={name}>
        {title}
        <small>{words}</small>
      </th>
      {cell(granted)}
      {value !== undefined && cell(value)}
    </tr>
  );
}
