/** Bindings from wrangler.toml, and this Worker's own exports (`ctx.exports`). */
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import("./index.ts");
    durableNamespaces: "Coordinator" | "FFmpegContainer" | "SourceJob" | "Pool";
  }

  interface Env {
    ASSETS: Fetcher;
    COORDINATOR: DurableObjectNamespace<import("./index.ts").Coordinator>;
    POOL: DurableObjectNamespace<import("./index.ts").Pool>;
    MEDIA: R2Bucket;
    CATALOG: D1Database;
    SOURCE_JOBS: DurableObjectNamespace<import("./index.ts").SourceJob>;
    SERVER_CALLS: Queue<import("./servers/calls.ts").ServerCall>;
    FFMPEG: DurableObjectNamespace<import("./index.ts").FFmpegContainer>;
    /** Origin of a server process on this machine; empty where Cloudflare runs the containers. */
    CONTAINER_URL: string;
    CREATE_LIMIT: RateLimit;
    READ_LIMIT: RateLimit;
    /**
     * Origin of the account's S3 host. Empty: URLs are signed for the local emulator's endpoint at the request's
     * origin.
     */
    S3_ENDPOINT: string;
    S3_BUCKET: string;
    R2_ACCESS_KEY_ID: string;
    R2_SECRET_ACCESS_KEY: string;
    /** Any long random text. Values that clients carry are signed with it (edge/http/sealed-text.ts). */
    SIGNING_SECRET: string;
    /** When set, requests that create jobs need this token. */
    CREATE_TOKEN?: string;
    /** Origins of the sites that may frame the upload page (`<tributary-upload>`), separated by spaces. */
    FRAME_SITES: string;
    /** Apple's category of the feed at `/feed.xml`. */
    FEED_CATEGORY: string;
    /** "on": webhooks may also go to this machine and its network. */
    WEBHOOK_ALLOW_PRIVATE: string;
    /** When set, requests with this token may see, delete and relabel every video. */
    ADMIN_TOKEN?: string;
  }
}
