import { z } from "zod";

/**
 * The wire: one WebSocket a holder, JSON messages, and the bodies of the HTTP calls (`api.ts`,
 * `job-status.ts`). Both sides parse what they receive with these schemas; nothing is cast.
 */

/**
 * Version of the messages on the socket, which each `hello` states. Raise it with a change after which
 * holders built before it no longer work: a message or a field that they need is gone or means something
 * else, or something that they do not send is required. A new message or optional field that an older
 * side may ignore needs no new version. A change of what segments look like does: all holders of a job
 * make one form.
 *
 * 2: pictures are decoded before they are shown (`cmaf/decode-clock.ts`).
 * 3: a socket is opened with a ticket, and the hello has no token; init segments travel in the offer.
 * 4: a rendition has one init segment, which the plan says; x264 writes its parameter sets under id 1 and
 *    searches less.
 * 5: a rendition may say how its loudness is changed, and may have six channels; an init segment may state
 *    how long the longest picture is shown.
 */
export const PROTOCOL_VERSION = 5;
/** The oldest version that a coordinator still works with: raise it when older holders are to reload. */
export const OLDEST_PROTOCOL_VERSION = 5;

/** Silence after which a holder's leases are free again. */
export const HEARTBEAT_SILENCE_MS = 15_000;
/** A holder renews its leases this often; progress rides along. */
export const RENEW_EVERY_MS = 4_000;
/** A holder that has made nothing yet says so soon after its first task began: nobody knows its speed. */
export const FIRST_RENEW_MS = 1_500;
export const roleSchema = z.enum(["owner", "contributor", "server"]);
export type Role = z.infer<typeof roleSchema>;
