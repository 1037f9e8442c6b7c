import { type HolderMessage, holderMessageSchema } from "../../shared/wire/holder-messages.ts";

/** Longer messages are not looked at. An offer of many segments has some hundred kB. */
const MAX_MESSAGE_CHARACTERS = 1_000_000;
/** An owner's or server's token, and what a stranger may say before it showed one. */
const MAX_HELLO_CHARACTERS = 40_000;

/** Null for what is no message of a holder. */
export function parseHolderMessage(
  data: string | ArrayBuffer,
  isStranger: boolean,
): HolderMessage | null {
  const limit = isStranger ? MAX_HELLO_CHARACTERS : MAX_MESSAGE_CHARACTERS;
  if (typeof data !== "string" || data.length > limit) return null;
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch {
    return null;
  }
  const parsed = holderMessageSchema.safeParse(json);
  return parsed.success ? parsed.data : null;
}
