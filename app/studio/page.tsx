import type { Metadata } from "next";
import { ExecutorPill } from "../../components/lesson/executor-pill";
import { SceneStudio } from "../../components/scene-studio";
import { SiteFrame } from "../../components/ui/site-frame";
import { answeringModels } from "../../lib/course";
import styles from "./page.module.css";

export const metadata: Metadata = {
  title: "Scene studio",
  description:
    "Compose a scene, ask a vision-language model about it in words, and see how sure it is, where it looks, and what it said earlier in its training. In your browser.",
};

export default function StudioPage() {
  return (
    <SiteFrame here="/studio/" end={<ExecutorPill />}>
      <div className={styles.page}>
        <h1>Scene studio</h1>
        <p className={styles.lede}>
          Put things on a ground and ask about them. The models answer in this page, and nothing that you make leaves
          it. Ask the same question again after you changed the model, its stage of training or its encoders.
        </p>
        <noscript>
          <p className={styles.lede}>The studio runs models in your browser, and needs JavaScript for that.</p>
        </noscript>
        <SceneStudio models={answeringModels(process.cwd())} />
      </div>
    </SiteFrame>
  );
}
