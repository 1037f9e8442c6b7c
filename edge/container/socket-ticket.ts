import { TributaryError } from "../../shared/job/errors.ts";
import { socketTicketSchema } from "../../shared/wire/api.ts";
import { parseJson } from "../../shared/wire/json.ts";
import { problemSchema } from "../../shared/wire/problem.ts";

/**
 * Fetches a ticket with which a job's socket can be opened within a minute.
 * @throws TributaryError with the edge's code; NETWORK where it does not answer
 */
export async function fetchTicket(
  ticketUrl: string,
  token: string,
  signal: AbortSignal,
): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  let answer: unknown;
  try {
    const response = await fetch(ticketUrl, { method: "POST", headers, signal });
    answer = parseJson(await response.text());
  } catch (cause) {
    signal.throwIfAborted();
    throw new TributaryError("NETWORK", "The edge could not be reached.", { cause });
  }
  const made = socketTicketSchema.safeParse(answer);
  if (made.success) return made.data.ticket;
  const problem = problemSchema.safeParse(answer);
  if (problem.success) throw new TributaryError(problem.data.code, problem.data.detail);
  throw new TributaryError("INTERNAL", "The edge's answer was not understood.");
}
