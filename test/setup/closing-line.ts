import type { Reporter, TestModule, TestRunEndReason } from "vitest/node";

/**
 * Prints `N passed, N failed, N skipped` as the run's last line, for machines to read; before it the tests that
 * passed at their second try only.
 */
export class ClosingLine implements Reporter {
  #line = "";

  onInit(): void {
    // After every other reporter's summary, whatever their order.
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
      // A file that could not be loaded, or a hook that threw, has no failed test to show for it.
      if (module.errors().length > 0) count.failed++;
    }
    const known = count.failed + count.pending + unhandledErrors.length;
    // A global setup that failed (the build, the server) leaves no test and no error here.
    const failed = known === 0 && reason !== "passed" ? 1 : known;
    const unsteady = flaky.map((name) => `second try: ${name}\n`).join("");
    this.#line = `${unsteady}${count.passed} passed, ${failed} failed, ${count.skipped} skipped`;
  }
}
