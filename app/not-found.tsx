import type { Metadata } from "next";
import { SiteFrame } from "../components/ui/site-frame";
import styles from "./credits/page.module.css";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <SiteFrame>
      <div className={styles.page}>
        <h1>This patch is missing</h1>
        <p>
          There is no page at this address. It may have moved; every lesson is on{" "}
          <a href="/course/">the map of the course</a>.
        </p>
      </div>
    </SiteFrame>
  );
}
