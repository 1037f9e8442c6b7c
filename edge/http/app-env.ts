/** The bindings that every route sees. */
export interface AppEnv {
  Bindings: Cloudflare.Env;
}
