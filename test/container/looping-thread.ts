import { parentPort } from "node:worker_threads";

// Stands in for the thread with ffmpeg: begins, and then loops over nothing for ever.

parentPort?.on("message", () => {
  for (;;) Math.random();
});
