# One image for both planes and every command. What it runs is its command: `page`
# (the default), `portal`, `launch` (all in one), `manage publish --watch`, `manage migrate`, ...
#
# Behind a mirror: --build-arg BASE=mirror.example.com/python:3.13-slim-bookworm, and
# PIP_INDEX_URL for the packages. A base needs Python 3.11 or later with venv.
ARG BASE=docker.io/library/python:3.13-slim-bookworm

FROM ${BASE} AS build
ARG PIP_INDEX_URL
ARG PIP_FIND_LINKS
ARG PIP_NO_INDEX
WORKDIR /app
COPY requirements.txt ./
# Two environments, so that the one that is kept has no pip.
RUN python3 -m venv /pip \
    && python3 -m venv --without-pip /opt/entracte \
    && /pip/bin/python -m pip --python /opt/entracte/bin/python install --no-cache-dir \
        --no-compile --disable-pip-version-check --require-hashes --requirement requirements.txt
# The S3 client needs four of the SDK's four hundred descriptions of services.
RUN find /opt/entracte/lib/python3*/site-packages/botocore/data -mindepth 1 -maxdepth 1 -type d \
        ! -name s3 ! -name sts ! -name sso ! -name sso-oidc -exec rm -r {} +
COPY manage.py ./
COPY locale/ locale/
COPY templates/ templates/
COPY maintenance/ maintenance/
COPY portal/ portal/
COPY container/ bin/
# What is made from sources. Nobody can write bytecode later, and nobody needs to
# look whether its source has changed.
RUN export PATH="/opt/entracte/bin:$PATH" PORTAL_DATA_DIR=/nowhere DATABASE_URL=sqlite://:memory: \
        PORTAL_SECRET_KEY=this-one-signs-nothing-it-only-builds-files \
    && python manage.py compile_words --verbosity 0 \
    && python manage.py build_builtin --verbosity 0 \
    && python manage.py collectstatic --no-input --verbosity 0 \
    && find locale /opt/entracte/lib -name '*.po' -delete \
    && python -m compileall -q --invalidation-mode unchecked-hash /opt/entracte/lib /app

FROM ${BASE}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Entracte" \
      org.opencontainers.image.description="Maintenance pages for services behind an ingress" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Nothing but the data folder can be written to, and nothing gives more rights. The
# base's own pip goes too.
RUN find / -xdev -type d -perm -0002 -exec chmod o-w {} + \
    && find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
    && rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/site-packages/pip* \
        /usr/local/lib/python3*/ensurepip \
    && mkdir /data && chown 10001:10001 /data && chmod 0750 /data
COPY --from=build /opt/entracte/ /opt/entracte/
COPY --from=build /app/ /app/
ENV PATH=/opt/entracte/bin:/app/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PORTAL_DATA_DIR=/data
USER 10001:10001
WORKDIR /app
EXPOSE 8080 9090 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["health"]
CMD ["page"]
