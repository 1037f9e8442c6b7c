// npm run test:clips: every real clip through the real page, and swarms of real tabs, which takes
// long on a small machine.

process.env["TRIBUTARY_CLIPS"] = "all";
const FILES = ["test/e2e/clips", "test/e2e/long-source", "test/e2e/swarm"];
process.argv.splice(2, 0, "--project", "e2e", ...FILES);
await import("./run-tests.ts");
