# The command and what it needs, and nothing else. `make image` builds it, docs/container.md says how it is used.
# Where an image must be the same next year, name its base by digest: PYTHON_IMAGE=docker.io/library/python@sha256:…
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim


# --- Wheels, made once, of exactly what image/requirements.lock names; and an environment of those that were asked for
FROM ${PYTHON_IMAGE} AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1

WORKDIR /build
# pip comes with venv: a base need not have one of its own. Only wheels are taken, so nothing is compiled and no code of a
# package runs here; a file whose hash is not in the lock ends the build.
COPY image/requirements.lock ./
RUN python -m venv tools \
 && tools/bin/pip download --quiet --require-hashes --only-binary :all: --dest wheels --requirement requirements.lock \
 && tools/bin/pip install --quiet --no-index --find-links wheels hatchling

COPY pyproject.toml README.md LICENSE ./
COPY app app
RUN tools/bin/pip wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir wheels .

# Which of the wheels are needed the extras decide. Of the 400 services that botocore describes, those stay that hold our
# secrets or give credentials. The byte code and the templates of SQL are compiled here because nothing can be written later, the
# languages that Pygments reads aside; it does not depend on files' times, so that one commit gives one image.
ARG EXTRAS=aws,ssh,metrics
RUN python -m venv --without-pip /opt/pg-xcopy \
 && tools/bin/pip --python /opt/pg-xcopy/bin/python install --quiet --no-index --find-links wheels --no-compile \
    "pg-xcopy[${EXTRAS}]" \
 && rm -rf /opt/pg-xcopy/bin/[Aa]ctivate* \
 && find /opt/pg-xcopy -regex '.*/botocore/data/[^/]*' -type d ! -name secretsmanager ! -name sts ! -name 'sso*' ! -name signin \
    -prune -exec rm -r {} + \
 && python -m compileall -q --invalidation-mode unchecked-hash -x pygments/lexers/ /opt/pg-xcopy/lib \
 && /opt/pg-xcopy/bin/python -c 'from pg_xcopy.sql.render import compile_templates; compile_templates()'


# --- What is shipped: the base without its pip, and the environment
FROM ${PYTHON_IMAGE}

# 65532 is the number that images without a shell commonly give to nobody in particular. The entry gives it a name and a home,
# which libpq, boto3 and SSH look for; the home is not there until somebody mounts it.
RUN rm -rf /usr/local/lib/python3.*/site-packages/pip* /usr/local/lib/python3.*/ensurepip /usr/local/bin/pip* \
    /usr/share/python-wheels \
 && echo 'pg-xcopy:x:65532:65532::/home/pg-xcopy:/usr/sbin/nologin' >> /etc/passwd \
 && echo 'pg-xcopy:x:65532:' >> /etc/group

COPY --from=build /opt/pg-xcopy /opt/pg-xcopy

ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="pg-xcopy" \
      org.opencontainers.image.description="Declarative, filtered, transformed copies between PostgreSQL databases" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"

ENV PATH=/opt/pg-xcopy/bin:$PATH PYTHONDONTWRITEBYTECODE=1

# A number, so that Kubernetes can tell that it is not root (runAsNonRoot).
USER 65532:65532
WORKDIR /jobs

# No init in front of it. As process 1 the command must do two things: answer signals, which for process 1 the kernel drops
# unless they are handled (pg_xcopy.cli.signals handles them, in every command), and wait for its children. The only child it ever
# has is a tunnel's process, which it waits for itself and which starts none of its own.
ENTRYPOINT ["pg-xcopy"]
CMD ["--help"]
