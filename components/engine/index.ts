/** The page about this browser's GPU: what it is, and whether every kernel computes the same there as in plain loops. */
export { EngineTest } from "./engine-test";
export { selfTestCases as engineCases } from "../../lib/tensor";
