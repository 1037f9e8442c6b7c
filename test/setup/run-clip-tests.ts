// npm run test:clips: runs every real clip through the real page, and swarms of real tabs. Takes long on a small
// machine.

process.env["TRIBUTARY_CLIPS"] = "all";
const FILES = [
  "clips",
  "five-files",
  "long-source",
  "many-tasks",
  "pool",
  "swarm",
  "ten-jobs",
  "api",
  "server-engine",
  "server-faults",
  "three-engines",
]
  .map((name) => `test/e2e/${name}`)
  .concat(
    "test/browsers/firefox",
    "test/browsers/webkit",
    "test/browsers/captions",
    "test/container/join-mp4",
    "test/web/pictures",
    "test/ingest/report-clips",
  );
const PROJECTS = ["e2e", "browsers", "web", "ingest", "container"].flatMap((name) => [
  "--project",
  name,
]);
process.argv.splice(2, 0, ...PROJECTS, ...FILES);
await import("./run-tests.ts");
