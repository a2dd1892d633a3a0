import { TidingsError } from "../errors.ts";
import { toRefusal } from "../hub/admission.ts";
import type { Admission, Connection, ConnectRequest, Hub } from "../hub/types.ts";

/** What every adapter can be told; `Request` is the framework's own request. */
export interface HandlerOptions<Request> {
  /**
   * The topics and patterns this endpoint serves, fixed or by request. Default: what the reader asks for with `?topic=`,
   * once or several times.
   */
  readonly topics?: readonly string[] | ((request: Request) => readonly string[] | Promise<readonly string[]>);
  /**
   * Whether this request may listen to these topics: asked before the first byte, and again before history is replayed
   * to a connection that fell behind. Throw a `TidingsError` to answer with another code. Default: everybody may.
   */
  readonly authorize?: (request: Request, topics: readonly string[]) => boolean | Promise<boolean>;
  /** Whom a connection counts for in `limits.connectionsPerKey`. Default: nobody. */
  readonly key?: (request: Request) => string | undefined;
  /** Whom a connection belongs to, as `hub.connections()` shows it. */
  readonly subject?: (request: Request) => string | undefined;
  /** Called when a connection is open: the place for a greeting, `connection.send(...)`. */
  readonly onConnect?: (connection: Connection, request: Request) => void;
}

/** What an adapter reads off its framework's request. */
export interface RequestParts {
  readonly method: string;
  /** The address, at least from `?` on. */
  readonly url: string;
  readonly header: (name: string) => string | undefined;
}

/** The way of every adapter from a request to the hub's decision; never rejects. */
export async function decide<Request>(
  hub: Hub,
  request: Request,
  parts: RequestParts,
  options: HandlerOptions<Request>,
): Promise<Admission> {
  try {
    if (parts.method !== "GET") {
      const refusal = toRefusal(new TidingsError("method_not_allowed", "Listen with GET.", { field: "method" }));
      return { ...refusal, headers: { ...refusal.headers, allow: "GET" } };
    }
    return await hub.connect(await toConnectRequest(request, parts, options));
  } catch (error) {
    if (error instanceof TidingsError) return toRefusal(error);
    // What the application threw is its own business, and none of the reader's.
    const told = new TidingsError("internal_error", "The server failed to answer; its log says why.", { cause: error });
    return toRefusal(told);
  }
}

async function toConnectRequest<Request>(
  request: Request,
  { url, header }: RequestParts,
  { topics, authorize, key, subject, onConnect }: HandlerOptions<Request>,
): Promise<ConnectRequest> {
  const at = url.indexOf("?");
  const query = new URLSearchParams(at === -1 ? "" : url.slice(at));
  const given = {
    lastEventId: header("last-event-id") || query.get("lastEventId"),
    from: query.get("from"),
    last: query.get("last"),
    heartbeat: query.get("heartbeat"),
    accept: header("accept"),
    key: key?.(request),
    subject: subject?.(request),
  };
  return {
    topics: typeof topics === "function" ? await topics(request) : (topics ?? query.getAll("topic")),
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value != null)) as Partial<ConnectRequest>),
    ...(authorize && { authorize: (subscribed) => authorize(request, subscribed.topics) }),
    ...(onConnect && { onConnect: (connection) => onConnect(connection, request) }),
  };
}
