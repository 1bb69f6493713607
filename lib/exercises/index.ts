/** Checks of exercises: matchers for numbers, tensors and functions, with feedback about the idea; results. */
export { createExpect, expect, type CloseOptions, type Expect, type Matchers } from "./expect";
export { ExpectationError } from "./failure";
export {
  runCheck,
  statusOf,
  type CheckOptions,
  type CheckTools,
  type ExerciseResult,
  type TestResult,
  type TestStatus,
} from "./run-check";
