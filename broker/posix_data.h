#pragma once

#include <vector>

#include "broker/config/broker_config.h"
#include "broker/log/data_directories.h"

namespace ottla::broker {

// The directories that the settings name, opened, made where they do not exist. (sleeps)
std::vector<DataDirectory> open_posix_data(const BrokerConfig& config);

}  // namespace ottla::broker
