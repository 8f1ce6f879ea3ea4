# docker build --build-arg GIT_SHA=$(git rev-parse --short=12 HEAD) -t tutti .
# docker run --network host tutti
ARG BASE=debian:12-slim

FROM ${BASE} AS build
COPY deploy /src/deploy
RUN /src/deploy/install-packages.sh /src/deploy/packages/build.txt && rm -rf /var/lib/apt/lists/*
COPY . /src
ARG GIT_SHA=unknown
RUN cd /src && cmake --preset release -DTUTTI_TESTS=OFF -DTUTTI_BENCH=OFF && \
    TUTTI_GIT_SHA=${GIT_SHA} cmake --build build/release --target tuttid && strip --strip-debug build/release/tuttid

FROM ${BASE}
LABEL org.opencontainers.image.title="Tutti" org.opencontainers.image.description="WebRTC and SRTP media processor: SFU and MCU"
COPY deploy /tmp/deploy
RUN /tmp/deploy/install-packages.sh /tmp/deploy/packages/runtime.txt && rm -rf /var/lib/apt/lists/* /tmp/deploy && \
    useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin tutti
COPY --from=build /src/build/release/tuttid /usr/bin/tuttid
# The defaults; mount a file of your own over it.
COPY config/default.yaml /etc/tutti/tutti.yaml
ENV TUTTI_CONFIG=/etc/tutti/tutti.yaml
USER 10001
EXPOSE 8080/tcp 40000-40063/udp
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s CMD ["tuttid", "--health"]
ENTRYPOINT ["/usr/bin/tuttid"]
