/**
 * The tag with which a hibernating socket was accepted. Null for a closed socket that the runtime has already dropped:
 * workerd still delivers its close event, but `getTags` throws.
 */
export function socketTag(ctx: DurableObjectState, socket: WebSocket): string | null {
  try {
    return ctx.getTags(socket)[0] ?? null;
  } catch {
    return null;
  }
}
