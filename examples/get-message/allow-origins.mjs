// #region cors
/**
 * Lets pages of these origins, and no others, read what the backend answers.
 *
 * @param {ReadonlySet<string>} origins
 * @returns {import("express").RequestHandler}
 */
export function allowOrigins(origins) {
  return (request, response, next) => {
    // Also where the answer is no, so that no cache gives one origin's answer to another.
    response.vary("Origin");
    const origin = request.get("origin");
    if (origin !== undefined && origins.has(origin)) response.set("access-control-allow-origin", origin);
    if (request.method !== "OPTIONS") return next();
    // JSON in a POST is asked about first; reading the stream is not.
    response.set({
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers": "content-type",
      "access-control-max-age": "600",
    });
    response.sendStatus(204);
  };
}
// #endregion cors
