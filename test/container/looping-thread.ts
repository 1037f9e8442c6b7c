import { parentPort } from "node:worker_threads";

// Takes the place of the ffmpeg thread: once it gets a message, it loops forever.

parentPort?.on("message", () => {
  for (;;) Math.random();
});
