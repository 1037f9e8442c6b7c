/**
 * The tag that a hibernating socket was accepted with. Null for a closed socket that the runtime has already
 * dropped: workerd delivers its close event all the same, and `getTags` throws then.
 */
export function socketTag(ctx: DurableObjectState, socket: WebSocket): string | null {
  try {
    return ctx.getTags(socket)[0] ?? null;
  } catch {
    return null;
  }
}
