# The instructor's kit on any system: docs/instructor-guide.md, "With Docker".
FROM debian:bookworm-slim

RUN apt-get update \
 && apt-get install -y --no-install-recommends bubblewrap ca-certificates make python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /kit
COPY Makefile pyproject.toml constraints.txt README.md LICENSE ./
COPY .ci/setup .ci/setup
COPY autograder autograder
RUN make setup EXTRAS=instructor && python3 -m compileall -q autograder

RUN useradd --create-home instructor
USER instructor
ENV PATH=/kit/.venv/bin:$PATH
WORKDIR /course
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--port=8888", "--no-browser"]
