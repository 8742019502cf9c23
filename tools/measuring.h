#pragma once

#include "ottla/metrics.h"

// What the measuring subcommands share.
namespace ottla::tools {

// What this process has used so far, by itself and in the system.
double cpu_seconds();

// A line for each metric on stdout, as Kafka's tools print them.
void print_metrics(const MetricsSnapshot& snapshot);

}  // namespace ottla::tools
