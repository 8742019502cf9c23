#pragma once

#include <utility>

#include "ottla/c/base.h"
#include "ottla/logging.h"
#include "ottla/properties.h"
#include "ottla/runtime.h"

struct ottla_runtime {
  ottla::Runtime runtime;
};

struct ottla_config {
  ottla::Properties properties{};
  ottla::Runtime runtime{};
  ottla::LogSink log_sink{};
  ottla::LogLevel log_level = ottla::LogLevel::warn;
};

namespace ottla::c {

// What is no text, in the configuration of a client or a broker.
template <class Config>
Config with_the_rest(Config config, const ottla_config& given) {
  config.runtime = given.runtime;
  config.log_sink = given.log_sink;
  config.log_level = given.log_level;
  return config;
}

}  // namespace ottla::c
