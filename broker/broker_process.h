#pragma once

#include <vector>

#include "broker/config/broker_config.h"
#include "broker/metadata/scram_requests.h"

namespace ottla::broker {

// Runs a broker, with `users` added to those who can log in, until SIGTERM or SIGINT, or until its
// data directory is lost. Prints one line to stdout when it is ready, and log lines to stderr.
// Returns the exit code: 0 after a clean shutdown, 1 otherwise. Blocks those signals; for main.
int run_broker_process(BrokerConfig config, std::vector<ScramUpsertion> users = {});

}  // namespace ottla::broker
