"""What the service costs: CPU, memory, storage and latency, measured in one run. `./dev bench`; docs/reference/performance.md."""
