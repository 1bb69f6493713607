import { serveStatic } from "./static-server";
await serveStatic("/tmp/site", 3200);
await new Promise(() => {});
