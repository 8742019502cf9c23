#pragma once

#include <atomic>
#include <boost/json.hpp>
#include <csignal>
#include <string_view>

// What the programs share that Kafka's system tests drive: they tell what they do as lines of JSON.
namespace ottla::tools {

// A line of its own, from any thread; `name` and a timestamp come first. An empty `name`: none.
void tell(std::string_view name, boost::json::object data = {});

// SIGINT and SIGTERM set it from now on.
const std::atomic<bool>& stop_requested();

}  // namespace ottla::tools
