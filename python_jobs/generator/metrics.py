"""The five metrics: their order in every array, their raw columns and their units."""

METRICS = ("cpu", "memory", "disk", "network_in", "network_out")
CPU, MEMORY, DISK, NETWORK_IN, NETWORK_OUT = range(5)
RAW_COLUMNS = ("cpu_p95", "mem_p95", "disk_p95", "net_in_p95", "net_out_p95")
PERCENT_METRICS = (CPU, MEMORY, DISK)
