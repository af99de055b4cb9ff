# syntax=docker/dockerfile:1
FROM rust:1.95-slim-bookworm AS builder
WORKDIR /src
COPY . .
# The caches stay on the building machine; the binary leaves them in the same step.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked -p linli \
    && cp target/release/linli /usr/local/bin/linli

FROM debian:bookworm-slim
COPY --from=builder /usr/local/bin/linli /usr/local/bin/linli
RUN install -d -o 10001 -g 10001 -m 0700 /data
ENV LINLI_LISTEN=0.0.0.0:8080 \
    LINLI_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=4s --start-period=40s --retries=3 CMD ["linli", "health"]
ENTRYPOINT ["linli"]
CMD ["serve"]
