// npm run test:clips: every real clip through the real page, which takes long on a small machine.

process.env["TRIBUTARY_CLIPS"] = "all";
process.argv.splice(2, 0, "--project", "e2e", "test/e2e/clips", "test/e2e/long-source");
await import("./run-tests.ts");
