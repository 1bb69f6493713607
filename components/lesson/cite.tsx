/** A citation in the text, its preview, and the list at the lesson's end. */
import styles from "./cite.module.css";
import { Preview } from "./preview";

/** What is shown of a source; made by the page from the course's references. */
export type CitedSource = {
  id: string;
  /** "Dosovitskiy et al." */
  short: string;
  /** All authors, up to a few. */
  authors: string;
  title: string;
  /** With a letter where it is needed to tell sources apart. */
  year: string;
  /** Where it appeared. */
  where?: string;
  url: string;
};

export function Cite({ source }: { source: CitedSource }) {
  return (
    <Preview href={`#ref-${source.id}`} label={`${source.short} ${source.year}`}>
      <span className={styles.title}>{source.title}</span>
      <span>{source.authors}</span>
      <span>{[source.where, source.year].filter(Boolean).join(", ")}</span>
    </Preview>
  );
}

export function References({ sources }: { sources: readonly CitedSource[] }) {
  if (sources.length === 0) return null;
  return (
    <section className={styles.references} aria-labelledby="references">
      <h2 id="references">References</h2>
      <ul>
        {sources.map((source) => (
          <li key={source.id} id={`ref-${source.id}`}>
            {source.authors}. <a href={source.url}>{source.title}</a>.{" "}
            {[source.where, source.year].filter(Boolean).join(", ")}.
          </li>
        ))}
      </ul>
    </section>
  );
}
