# What CI runs.
check:
    .ci/run

# The tests, faster, where cargo-nextest is installed.
test *ARGS:
    cargo nextest run --workspace {{ARGS}}

# Only what must hold between the crates.
layers:
    cargo xtask layers

# Compares with uv; see bench/README.md.
bench *ARGS:
    python3 bench/compare.py {{ARGS}}
