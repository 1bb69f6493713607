/** `npm start`: builds the course when it must, then serves it. `PORT` chooses another port than 3000. */
import { buildIfNeeded } from "./build";
import { serveStatic } from "./static-server";

try {
  const port = chosenPort(process.env.PORT);
  await buildIfNeeded();
  const server = await serveStatic("out", port).catch((error: NodeJS.ErrnoException) => {
    throw new Error(whyNot(error, port));
  });
  console.log(`Patchwork is at ${server.url} (Ctrl-C ends it).`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void server.close().then(() => process.exit(0)));
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

function chosenPort(text: string | undefined): number {
  if (!text) return 3000;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) {
    throw new Error(`PORT: expected a number from 1 to 65535, got “${text}”`);
  }
  return port;
}

function whyNot(error: NodeJS.ErrnoException, port: number): string {
  if (error.code === "EADDRINUSE") {
    return `Port ${port} is in use by another program; stop it, or choose another port, as in PORT=${port === 65_535 ? 3000 : port + 1}.`;
  }
  if (error.code === "EACCES") return `Port ${port} is not open to this user; choose one above 1023, as in PORT=3000.`;
  return error.message;
}
