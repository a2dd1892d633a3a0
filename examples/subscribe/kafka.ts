/** As much of a `kafkajs` consumer as is used here. The example does not install it. */
export interface KafkaConsumer {
  run(config: { eachMessage: (payload: KafkaPayload) => Promise<void> }): Promise<void>;
  stop(): Promise<void>;
}

/** What `eachMessage` is called with. */
export interface KafkaPayload {
  readonly partition: number;
  readonly message: { readonly key: Buffer | null; readonly value: Buffer | null; readonly offset: string };
}

// #region kafka
/**
 * The messages of a consumer, as an async iterable.
 *
 * `eachMessage` settles only when its message has been dealt with and the next one is asked for. So the queue holds one
 * message for each partition that is consumed at a time, Kafka is read no faster than the hub can publish, and no offset
 * is committed before its event is in the log.
 */
export async function* messagesOf(consumer: KafkaConsumer, signal: AbortSignal): AsyncGenerator<string> {
  const queue: { text: string; done: () => void; fail: (error: Error) => void }[] = [];
  let wake = () => {};
  const stop = () => wake();
  signal.addEventListener("abort", stop);
  await consumer.run({
    eachMessage: ({ message }) =>
      new Promise((done, fail) => {
        queue.push({ text: message.value?.toString() ?? "", done, fail });
        wake();
      }),
  });
  try {
    while (!signal.aborted) {
      const next = queue[0];
      if (next === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      } else {
        yield next.text;
        queue.shift();
        next.done();
      }
    }
  } finally {
    signal.removeEventListener("abort", stop);
    // Not published, so not to be committed: Kafka gives them again.
    for (const { fail } of queue) fail(new Error("Nobody takes messages any more."));
    await consumer.stop();
  }
}
// #endregion kafka
