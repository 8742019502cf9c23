#pragma once

#include "broker/config/broker_config.h"

namespace ottla::broker {

// Runs a broker until SIGTERM or SIGINT, or until its data directory is lost. Prints one line to
// stdout when it is ready, and log lines to stderr. Returns the exit code: 0 after a clean
// shutdown, 1 otherwise. Blocks those signals; for main.
int run_broker_process(BrokerConfig config);

}  // namespace ottla::broker
