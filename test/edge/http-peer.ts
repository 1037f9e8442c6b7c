import { env } from "cloudflare:workers";
import { openSocketKey } from "../../edge/http/http-socket-key.ts";
import type { HttpSocketCalls } from "../../shared/holder/http-socket.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import {
  type CoordinatorMessage,
  coordinatorMessageSchema,
} from "../../shared/wire/coordinator-messages.ts";
import {
  openHttpSocketResponseSchema,
  type ReceivedTexts,
  receivedTextsSchema,
} from "../../shared/wire/http-socket.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import { call } from "./scripted-holder.ts";

/** The raw HTTP requests of one job's sockets over HTTP. */
export class EdgeRequests {
  readonly #path: string;

  constructor(jobId: string) {
    this.#path = `/api/jobs/${jobId}/http-socket`;
  }

  post(below: string, body: unknown, key?: string): Promise<Response> {
    const headers = { "content-type": "application/json", ...authorization(key) };
    return call(this.#path + below, { method: "POST", body: JSON.stringify(body), headers });
  }

  close(key: string): Promise<Response> {
    return call(this.#path, { method: "DELETE", headers: authorization(key) });
  }

  /** The calls of a tab, made with these requests. */
  calls(): HttpSocketCalls {
    return {
      open: async (ticket) => {
        const opened = openHttpSocketResponseSchema.parse(await json(this.post("", { ticket })));
        return opened.connection;
      },
      send: async (key, sent) => {
        await json(this.post("/send", sent, key));
      },
      receive: async (key, have) =>
        receivedTextsSchema.parse(await json(this.post("/receive", { have }, key))),
      close: async (key) => {
        await json(this.close(key));
      },
    };
  }
}

/** @throws TributaryError with the code of the edge's answer */
async function json(answer: Promise<Response>): Promise<unknown> {
  const response = await answer;
  if (response.ok) return response.status === 204 ? null : response.json();
  const { code, detail } = problemSchema.parse(await response.json());
  throw new TributaryError(code, detail);
}

function authorization(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}

type Message = CoordinatorMessage | { type: "pong" };

/** A socket over HTTP whose requests a test makes one by one. */
export class HttpPeer {
  /** How the connection was closed, as the last texts say. Null while it is open. */
  closed: ReceivedTexts["closed"] = null;
  /** The last message received. */
  last: Message | null = null;
  readonly #jobId: string;
  readonly #requests: EdgeRequests;
  readonly #key: string;

  private constructor(jobId: string, key: string) {
    this.#jobId = jobId;
    this.#requests = new EdgeRequests(jobId);
    this.#key = key;
  }

  static async open(jobId: string, ticket: string): Promise<HttpPeer> {
    const calls = new EdgeRequests(jobId).calls();
    return new HttpPeer(jobId, await calls.open(ticket, new AbortController().signal));
  }

  get connectionId(): string {
    return openSocketKey(env, this.#key, this.#jobId) ?? "";
  }

  get isClosed(): boolean {
    return this.closed !== null;
  }

  trySend(first: number, texts: string[]): Promise<Response> {
    return this.#requests.post("/send", { first, texts }, this.#key);
  }

  async send(first: number, texts: string[]): Promise<void> {
    await json(this.trySend(first, texts));
  }

  askFor(have: number): Promise<Response> {
    return this.#requests.post("/receive", { have }, this.#key);
  }

  async receive(have: number): Promise<ReceivedTexts & { messages: Message[] }> {
    const received = receivedTextsSchema.parse(await json(this.askFor(have)));
    const messages = received.texts.map(parsed);
    this.closed = received.closed;
    this.last = messages.at(-1) ?? this.last;
    return { ...received, messages };
  }

  /** All messages from the first on, up to one of this type or to the end of the connection. */
  async receiveUntil(type: Message["type"]): Promise<Message[]> {
    const all: Message[] = [];
    while (!this.isClosed && all.every((each) => each.type !== type)) {
      all.push(...(await this.receive(all.length)).messages);
    }
    return all;
  }

  hangUp(): Promise<Response> {
    return this.#requests.close(this.#key);
  }
}

function parsed(text: string): Message {
  return text === "pong" ? { type: "pong" } : coordinatorMessageSchema.parse(JSON.parse(text));
}
