# syntax=docker/dockerfile:1

FROM node:20-bookworm-slim AS build
# SQLite is compiled where no ready-made binary can be had.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates python3 make g++ \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --omit=optional --no-audit --no-fund

FROM node:20-bookworm-slim
ENV NODE_ENV=production \
    NODE_OPTIONS=--enable-source-maps \
    NEXCHAT_HOST=0.0.0.0 \
    NEXCHAT_PORT=3000 \
    NEXCHAT_DATA=/data
WORKDIR /app
COPY package.json LICENSE THIRD-PARTY-NOTICES ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
RUN install -d -o node -g node -m 700 /data \
 && printf '#!/bin/sh\nexec node /app/dist/server/nexchat.js "$@"\n' > /usr/local/bin/nexchat \
 && chmod 755 /usr/local/bin/nexchat
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.NEXCHAT_PORT}/healthz`, { signal: AbortSignal.timeout(4000) }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/server/main.js"]
