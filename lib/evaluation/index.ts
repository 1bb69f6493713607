/** Measuring models that answer questions about scenes: the fixed questions, answers through the engine, scores. */
export { isAnswering, openPicture, type Answering, type AskOptions, type Candidate, type OpenedPicture } from "./ask";
export { evaluate, type EvaluateOptions, type Evaluation } from "./evaluate";
export { compare, type Difference } from "./compare";
export { isRight, score, share, type Score, type Share } from "./score";
export {
  evaluationSplits,
  type AnswerSet,
  type EvaluationQuestion,
  type EvaluationScene,
  type EvaluationSplit,
  type QuestionSet,
} from "./question-set";
