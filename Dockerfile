# The programs of the demo, one small image each: `docker build --target user .`
#
# Needs BuildKit, which keeps crates and compiled dependencies between builds.

FROM rust:1.95-bookworm AS build
WORKDIR /source
COPY . .
# The target directory is a cache and no part of the layer, so the programs are copied out of it.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --release --locked --bin user --bin order --bin dashboard \
    && install -D --target-directory=/programs \
       target/release/user target/release/order target/release/dashboard

FROM debian:bookworm-slim AS base
# The folders belong to the user, and so does a fresh volume that is mounted there.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin service \
    && install -d -o service -g service -m 700 /data /operator
USER 10001:10001
WORKDIR /data

FROM base AS user
COPY --from=build /programs/user /usr/local/bin/user
ENV LISTEN=0.0.0.0:5001 DATABASE=/data/user.db
EXPOSE 5001
HEALTHCHECK --interval=2s --timeout=3s --start-period=10s --retries=3 CMD ["user", "--check-health"]
ENTRYPOINT ["user"]

FROM base AS order
COPY --from=build /programs/order /usr/local/bin/order
ENV LISTEN=0.0.0.0:5002 DATABASE=/data/order.db USERS_URL=http://user:5001
EXPOSE 5002 5003
HEALTHCHECK --interval=2s --timeout=3s --start-period=10s --retries=3 CMD ["order", "--check-health"]
ENTRYPOINT ["order"]

FROM base AS dashboard
COPY --from=build /programs/dashboard /usr/local/bin/dashboard
ENV LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=2s --timeout=3s --start-period=10s --retries=3 CMD ["dashboard", "--check-health"]
ENTRYPOINT ["dashboard"]
