FROM golang:1.26 AS build
WORKDIR /src

# The modules change seldom: a layer of their own.
COPY go.mod go.sum ./
RUN go mod download

COPY . .
ARG VERSION=devel
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.release=${VERSION}" -o /out/tsim ./cmd/tsim
# A binary that does not start should fail here and not where it is used.
RUN /out/tsim version
# Where 'serve --tls' keeps its CA: a directory that the user of the image owns.
RUN install -d -m 700 /out/root/tls

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build --chown=65532:65532 /out/root/ /
COPY --from=build /out/tsim /tsim
COPY LICENSE /LICENSE

# In a container, 127.0.0.1 is the container alone. Control asks for the token in TSIM_CONTROL_TOKEN, or for none with
# TSIM_CONTROL_OPEN=true; when neither is given, for one that the start page shows.
ENV TSIM_ADDR=0.0.0.0:8080 TSIM_TLS_DIR=/tls
EXPOSE 8080
USER 65532:65532
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s CMD ["/tsim", "health"]
ENTRYPOINT ["/tsim"]
CMD ["serve"]
