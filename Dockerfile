FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements.lock pyproject.toml README.md LICENSE ./
# `--require-hashes`: what is installed is what was locked, whichever registry it came from.
RUN python -m venv /opt/hub \
 && /opt/hub/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY hub hub
COPY connectors connectors
COPY schema schema
RUN pip wheel --no-cache-dir --no-deps --wheel-dir dist . \
 && /opt/hub/bin/pip install --no-cache-dir --no-deps dist/*.whl

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /srv/hub --create-home hub
COPY --from=build /opt/hub /opt/hub
ENV PATH=/opt/hub/bin:$PATH PYTHONUNBUFFERED=1 HUB_SETTINGS=/etc/hub/hub.toml
WORKDIR /srv/hub
USER hub
EXPOSE 8000
ENTRYPOINT ["hub"]
CMD ["serve", "--host", "0.0.0.0"]
