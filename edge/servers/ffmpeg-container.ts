import { Container } from "@cloudflare/containers";
import { containerHealthSchema } from "../../shared/wire/container.ts";

/** One instance of `edge/container` on Cloudflare. */
export class FFmpegContainer extends Container<Cloudflare.Env> {
  override defaultPort = 8080;
  override sleepAfter = "3m";

  /**
   * A container gets its work over sockets that it opened itself. These do not count as activity, so it is asked for
   * its health before it is stopped.
   */
  override async onActivityExpired(): Promise<void> {
    const health = await this.containerFetch("http://container/health")
      .then((response) => response.json())
      .catch(() => null);
    const parsed = containerHealthSchema.safeParse(health);
    if (parsed.success && parsed.data.jobs > 0) this.renewActivityTimeout();
    else await this.stop();
  }
}
