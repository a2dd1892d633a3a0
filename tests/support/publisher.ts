import { Agent, request } from "node:http";

/** What a hub said to a publication. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Publishes over connections that stay open, as a busy application would. */
export class Publisher {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** Settles with the answer; rejects if none came, after which nobody knows whether the events were stored. */
  post(path: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { host: "127.0.0.1", port: this.#port, method: "POST", path, agent: this.#agent, headers },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => {
            text += chunk;
          });
          response.on("end", () => resolve({ status: response.statusCode as number, body: text }));
          response.on("error", reject);
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
