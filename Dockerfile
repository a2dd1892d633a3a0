# A hub from a checkout: docker build -t tidings . How to run it is told in docs/operating.md.
FROM node:22-slim AS build
WORKDIR /src
COPY . .
RUN npm ci --ignore-scripts --no-audit --no-fund && npm run build && mkdir /packs \
  && npm pack --pack-destination /packs -w @tidings/wire -w @tidings/client -w @tidings/server -w tidings

FROM node:22-slim
COPY --from=build /packs /packs
# Without what is optional: this Node has an SQLite of its own.
RUN npm install --prefix /app --omit=optional --no-audit --no-fund /packs/*.tgz && rm -r /packs \
  && install -d -o node -g node /data
USER node
WORKDIR /data
VOLUME /data
EXPOSE 4400
HEALTHCHECK --start-period=5s --interval=10s --timeout=3s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4400/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/node_modules/tidings/bin/tidings.js"]
CMD ["serve", "--host", "0.0.0.0", "--data", "/data/tidings.db"]
