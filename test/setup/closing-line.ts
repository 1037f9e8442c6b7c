import type { Reporter, TestModule, TestRunEndReason } from "vitest/node";

/**
 * Prints `N passed, N failed, N skipped` as the run's last line, for programs to read. The lines before it name the
 * tests that passed only at their second try.
 */
export class ClosingLine implements Reporter {
  #line = "";

  onInit(): void {
    // At exit, so that it follows all other reporters' summaries.
    process.once("exit", () => {
      if (this.#line) process.stdout.write(`${this.#line}\n`);
    });
  }

  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly unknown[],
    reason: TestRunEndReason,
  ): void {
    const flaky: string[] = [];
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        count[test.result().state]++;
        if (test.diagnostic()?.flaky === true)
          flaky.push(`${module.relativeModuleId}: ${test.fullName}`);
      }
      // A file that could not be loaded, or a hook that threw, counts as a failure without a failed test.
      if (module.errors().length > 0) count.failed++;
    }
    const known = count.failed + count.pending + unhandledErrors.length;
    // Where a global setup failed (the build, the server), there is neither a test nor an error.
    const failed = known === 0 && reason !== "passed" ? 1 : known;
    const unsteady = flaky.map((name) => `second try: ${name}\n`).join("");
    this.#line = `${unsteady}${count.passed} passed, ${failed} failed, ${count.skipped} skipped`;
  }
}
