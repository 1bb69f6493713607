import { Fragment } from "react";
import styles from "./source.module.css";

/** A file of this repository, as it is now. A long one opens on demand. */
export function Source({ file, lines, html }: { file: string; lines?: [number, number]; html: string }) {
  const count = html.split('class="line"').length - 1;
  const listing = (
    <div
      className={styles.code}
      style={{ "--first": (lines?.[0] ?? 1) - 1 } as React.CSSProperties}
      dangerouslySetInnerHTML={{ __html: html.replace("<pre ", `<pre aria-label="${file}" role="region" `) }}
    />
  );
  const name = (
    <>
      <code>
        {file.split("/").map((part, i) => (
          <Fragment key={i}>
            {i > 0 && (
              <>
                /<wbr />
              </>
            )}
            {part}
          </Fragment>
        ))}
      </code>
      <span>{lines ? `lines ${lines[0]} to ${lines[1]}` : `${count} lines`}</span>
    </>
  );
  return (
    <figure className={styles.source} data-wide="">
      {count > 60 ? (
        <details>
          <summary className={styles.name}>{name}</summary>
          {listing}
        </details>
      ) : (
        <>
          <figcaption className={styles.name}>{name}</figcaption>
          {listing}
        </>
      )}
    </figure>
  );
}
