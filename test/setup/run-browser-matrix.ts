// npm run browsers [-- VITEST ARGUMENTS]: every browser, clip and engine; writes the table of
// web/README.md. E.g. `npm run browsers -- -t firefox`.

process.env["TRIBUTARY_CLIPS"] = "all";
process.argv.splice(2, 0, "--project", "browsers", "test/browsers/matrix");
await import("./run-tests.ts");
