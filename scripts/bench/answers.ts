/** How long a shipped model takes to answer a question about a picture: from pixels to the end of the answer. */
import { existsSync } from "node:fs";
import { isAnswering, openPicture } from "../../lib/evaluation";
import { drawScene } from "../../lib/scenes";
import { openAtlas, readQuestions } from "../evaluation/model";
import { loaded, onExecutor, timed, type ExecutorName } from "./measure";

const SCENE = 7;

/** Models that answer and ship: what is not there is not measured. */
export const answering = ["eagle", "mllama"].filter((id) => existsSync(`public/models/${id}/config.json`));

/** Milliseconds of the first question about a picture, and of one more about the same. */
export async function measureAnswers(id: string, name: ExecutorName, runs: number) {
  const { scene, questions } = (await readQuestions()).splits.training[SCENE]!;
  const picture = drawScene(scene, await openAtlas());
  const { question } = questions[0]!;
  return onExecutor(name, async (stage) => {
    const { model, load } = await loaded({ name: id, shipped: true }, stage.executor);
    if (!isAnswering(model)) throw new Error(`bench: expected a model that answers, got ${model.modelType}`);
    const first = async () => {
      const opened = await openPicture(model, picture);
      const answer = await opened.answer(question);
      opened.dispose();
      return answer;
    };
    const answer = await first(); // compiles the shaders
    await first();
    const opened = await openPicture(model, picture);
    const times = {
      firstQuestion: await timed(first, runs, stage),
      nextQuestion: await timed(() => opened.answer(question), runs, stage),
    };
    opened.dispose();
    return { device: stage.executor.description, load, question, answer, ...times };
  });
}
