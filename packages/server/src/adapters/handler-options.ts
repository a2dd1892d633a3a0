import { TidingsError } from "../errors.ts";
import { refuse } from "../hub/admission.ts";
import { systemRuntime } from "../hub/timers.ts";
import type { Admission, Connection, ConnectRequest, Grant, Hub } from "../hub/types.ts";

/**
 * What every adapter can be told; `Request` is the framework's own request.
 *
 * Each of these functions may throw a `TidingsError` to answer with its code. Anything else they throw is told to the
 * hub's `onError`; the reader gets 500 `internal_error` and nothing of it.
 */
export interface HandlerOptions<Request> {
  /**
   * The topics and patterns this endpoint serves, fixed or by request. Default: what the reader asks for with `?topic=`,
   * once or several times.
   */
  readonly topics?: readonly string[] | ((request: Request) => readonly string[] | Promise<readonly string[]>);
  /**
   * Whether this request may listen to these topics: asked before the first byte, and again before history is replayed
   * to a connection that fell behind, for which the request is kept. False is 403 `forbidden`. A {@link Grant} is a yes
   * that says whose the connection is and when it ends. Default: everybody may.
   */
  readonly authorize?: (request: Request, topics: readonly string[]) => boolean | Grant | Promise<boolean | Grant>;
  /**
   * Whom a connection belongs to, unless the grant says it: counts for `limits.connectionsPerSubject`, and is what
   * `hub.kick` and `hub.presence` go by. Default: nobody.
   */
  readonly subject?: (request: Request) => string | undefined;
  /** Where a connection comes from: counts for `limits.connectionsPerAddress`. Default: not known. */
  readonly address?: (request: Request) => string | undefined;
  /**
   * Called when a connection is open: the place for a greeting. What is sent before the first `await` comes right after
   * `tidings:open`, ahead of all history.
   */
  readonly onConnect?: (connection: Connection, request: Request) => unknown;
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
      throw new TidingsError("method_not_allowed", `Listen with GET, not ${parts.method}.`, { field: "method" });
    }
    return await hub.connect(await toConnectRequest(hub, request, parts, options));
  } catch (error) {
    const accept = parts.header("accept");
    const refusal = refuse(toTold(hub, error), { topics: [], ...(accept !== undefined && { accept }) }, systemRuntime);
    // RFC 9110, section 15.5.6: a 405 names the methods there are.
    return refusal.status === 405 ? { ...refusal, headers: { ...refusal.headers, allow: "GET" } } : refusal;
  }
}

/** The id a reader comes back with: the header, which wins, or `?lastEventId=`. */
export function toLastEventId({ url, header }: RequestParts): string | undefined {
  return header("last-event-id") || toQuery(url).get("lastEventId") || undefined;
}

async function toConnectRequest<Request>(
  hub: Hub,
  request: Request,
  parts: RequestParts,
  { topics, authorize, subject, address, onConnect }: HandlerOptions<Request>,
): Promise<ConnectRequest> {
  const query = toQuery(parts.url);
  const given = {
    lastEventId: toLastEventId(parts),
    from: query.get("from"),
    last: query.get("last"),
    heartbeat: query.get("heartbeat"),
    accept: parts.header("accept"),
    acceptEncoding: parts.header("accept-encoding"),
    subject: subject?.(request),
    address: address?.(request),
  };
  return {
    topics: typeof topics === "function" ? await topics(request) : (topics ?? query.getAll("topic")),
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value != null)) as Partial<ConnectRequest>),
    ...(authorize && {
      authorize: async (subscribed) => {
        try {
          return await authorize(request, subscribed.topics);
        } catch (error) {
          throw toTold(hub, error);
        }
      },
    }),
    ...(onConnect && {
      onConnect: (connection) => {
        const result = onConnect(connection, request);
        if (result instanceof Promise) result.catch((error: unknown) => hub.report(error));
      },
    }),
  };
}

/** What the reader is told of an error: all of ours, nothing of the application's, which is told itself instead. */
function toTold(hub: Hub, error: unknown): TidingsError {
  if (error instanceof TidingsError) return error;
  hub.report(error);
  return new TidingsError("internal_error", "The server failed to answer; its log says why.", { cause: error });
}

function toQuery(url: string): URLSearchParams {
  const at = url.indexOf("?");
  return new URLSearchParams(at === -1 ? "" : url.slice(at));
}
