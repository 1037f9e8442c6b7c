import { Container } from "@cloudflare/containers";
import { containerHealthSchema } from "../../shared/wire/container.ts";

/** One instance of `edge/container` on Cloudflare. */
export class FFmpegContainer extends Container<Cloudflare.Env> {
  override defaultPort = 8080;
  override sleepAfter = "3m";

  /**
   * A container's work comes over sockets that it opened itself, which count as no activity here: it
   * is asked before it is put to sleep.
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
