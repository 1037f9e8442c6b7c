import { expect, test } from "vitest";
import { TributaryError } from "../../shared/job/errors.ts";
import type { OwnerApi, OwnerSnapshot, OwnerState } from "../../web/owner/owner-api.ts";
import type { OwnerConnection } from "../../web/pages/upload/connect-owner.ts";
import { OwnerLink } from "../../web/pages/upload/owner-link.ts";
import { STATES } from "../web/stories/states.ts";

/** A worker whose answers and pushed states come in an order that a test sets. No real worker can be made to do so. */

class ScriptedWorker {
  readonly #death = Promise.withResolvers<TributaryError>();
  push: (snapshot: OwnerSnapshot) => void = () => {};
  isClosed = false;

  readonly connection = {
    died: this.#death.promise,
    // The only method that the link calls by itself.
    api: {
      subscribe: async (onState: (snapshot: OwnerSnapshot) => void) => {
        this.push = onState;
        onState({ revision: 0, state: STATES.idle });
      },
    } as OwnerApi,
    end: () => {
      this.isClosed = true;
    },
  } satisfies OwnerConnection;

  die(): void {
    this.#death.resolve(new TributaryError("WORKER_CRASHED", "It died."));
  }
}

function openLink() {
  const workers: ScriptedWorker[] = [];
  const told: OwnerState["phase"][] = [];
  const deaths: string[] = [];
  const link = new OwnerLink({
    connect: () => {
      const worker = new ScriptedWorker();
      workers.push(worker);
      return worker.connection;
    },
    options: {},
    onState: ({ phase }) => told.push(phase),
    onDeath: ({ code }) => deaths.push(code),
  });
  const answer = (revision: number, state: OwnerState) =>
    link.run(async () => ({ revision, state }));
  return { link, workers, told, deaths, answer, phase: () => link.state.value.phase };
}

test("a state that comes after a newer answer is not shown", async () => {
  const { workers, told, answer, phase } = openLink();
  await answer(5, STATES.inspected);
  workers[0]?.push({ revision: 4, state: STATES.inspecting });
  expect(phase()).toBe("inspected");
  workers[0]?.push({ revision: 6, state: STATES.starting });
  expect(phase()).toBe("starting");
  expect(told).toEqual(["inspected", "starting"]);
});

test("the idle state of a worker that has just started does not cover what the page shows", () => {
  const { link, workers, phase } = openLink();
  link.show(STATES.inspecting);
  expect(link.owner).toBe(workers[0]?.connection.api);
  expect(phase()).toBe("inspecting");
});

test("after a death another worker begins its own count, and the old one is not heard", async () => {
  const { link, workers, deaths, answer, phase } = openLink();
  await answer(9, STATES.running);
  workers[0]?.die();
  await expect.poll(() => deaths).toEqual(["WORKER_CRASHED"]);
  expect(link.isOpen).toBe(false);
  await answer(1, STATES["needs-file"]);
  expect(workers).toHaveLength(2);
  workers[0]?.push({ revision: 10, state: STATES.running });
  expect(phase()).toBe("needs-file");
});

test("a failure by itself keeps the file's name, and a closed worker is not heard", async () => {
  const { link, workers, answer } = openLink();
  await answer(3, STATES.inspecting);
  link.close();
  link.fail({ code: "WORKER_CRASHED", message: "It died.", retryable: true });
  workers[0]?.push({ revision: 4, state: STATES.inspected });
  expect(workers[0]?.isClosed).toBe(true);
  expect(link.state.value).toMatchObject({ phase: "failed", fileName: "camcorder.avi" });
});
