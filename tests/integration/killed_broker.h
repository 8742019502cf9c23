#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/integration/child_process.h"

namespace ottla::integration {

// An ottla-broker that is killed and started again, on the same data and the same port.
class KilledBroker {
 public:
  // Runs when it returns; `properties` are "name=value".
  explicit KilledBroker(std::vector<std::string> properties = {});

  // SIGKILL, and a new one in its place that takes clients.
  void kill();

  // host:port; empty if it did not start.
  const std::string& address() const { return address_; }

 private:
  void start();

  const TemporaryDirectory data_;
  const std::vector<std::string> properties_;
  std::string address_ = "127.0.0.1:0";
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace ottla::integration
