/** Bindings of wrangler.toml, and this Worker's own exports as `ctx.exports`. */
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
    /** Origin of the account's S3 host; empty to sign for the local endpoint of wherever we run. */
    S3_ENDPOINT: string;
    S3_BUCKET: string;
    R2_ACCESS_KEY_ID: string;
    R2_SECRET_ACCESS_KEY: string;
    /** Any long random text: what clients carry for us is signed with it (edge/http/sealed-text.ts). */
    SIGNING_SECRET: string;
    /** When set, creating a job asks for it. */
    CREATE_TOKEN?: string;
    /** Origins of the sites that may frame the upload page (`<tributary-upload>`), with spaces between. */
    FRAME_SITES: string;
    /** "on": webhooks may go to this machine and its network, too. */
    WEBHOOK_ALLOW_PRIVATE: string;
    /** When set, whoever has it sees, deletes and relabels every video. */
    ADMIN_TOKEN?: string;
  }
}
