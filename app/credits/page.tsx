import type { Metadata } from "next";
import { SiteFrame } from "../../components/ui/site-frame";
import type { NoticeWork } from "../../lib/course";
import { notice } from "../course";
import styles from "./page.module.css";

export const metadata: Metadata = {
  title: "Credits",
  description: "Whose work Patchwork is made with, and under which licences.",
};

/** NOTICE, as a page. */
export default function Credits() {
  return (
    <SiteFrame here="/credits/">
      <div className={styles.page}>
        <h1>Credits</h1>
        {notice().map(({ title, text, works }) => (
          <section key={title}>
            <h2>{title}</h2>
            {text.split("\n").map((paragraph) => (
              <p key={paragraph}>{paragraph}</p>
            ))}
            <dl>
              {works.map((work) => (
                <Work key={work.name} {...work} />
              ))}
            </dl>
          </section>
        ))}
      </div>
    </SiteFrame>
  );
}

function Work({ name, facts }: NoticeWork) {
  return (
    <div className={styles.work}>
      <dt>{name}</dt>
      {facts.map(([key, value = ""]) => (
        <dd key={key}>
          <span>{key}</span> {/^https:\/\//.test(value) ? <a href={value}>{value.replace("https://", "")}</a> : value}
        </dd>
      ))}
    </div>
  );
}
