/**
 * What {@link EventSource} takes beside the URL: what the browser's takes, and three extensions. Each may be left out.
 */
export interface EventSourceOptions {
  /** Whether to send cookies, and accept them, across origins. Default false: to the page's own origin only. */
  readonly withCredentials?: boolean | undefined;
  /**
   * [NON-SPEC] Headers of every request, the reconnecting ones too; a function is asked anew for each, so that a token
   * is always fresh. If it throws or rejects, that attempt has failed, and the next one asks again. Across origins, a
   * browser first asks the server whether it allows them (a CORS preflight).
   */
  readonly headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>) | undefined;
  /**
   * [NON-SPEC] Makes the requests, for proxies, certificates, cookies or tests. It must give a web `Response`, whose
   * `body` is a web stream, and should heed `signal`. Default: the global one, as it is at the time of each request.
   */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
  /**
   * [NON-SPEC] What a relative URL is relative to. Default: the address of the document or worker. Node has none, so that
   * a relative URL is a SyntaxError there without this.
   */
  readonly base?: string | URL | undefined;
}
