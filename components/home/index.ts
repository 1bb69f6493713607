/** The front page's running demonstration. */
export { Demo, type StaticSight } from "./demo";
